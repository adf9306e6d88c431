#!/usr/bin/env python3
"""The command line: what is printed where, and the exit codes."""

import gzip
import http.server
import json
import os
import pathlib
import pty
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import go_pprof  # noqa: E402
import go_toolchain  # noqa: E402
from go_pprof import CORPUS  # noqa: E402

PYRITE = os.environ["PYRITE_BIN"]
STORE_TOOL = os.environ.get("PYRITE_STORE_TOOL", "")
START = 1767323045  # 2026-01-02T03:04:05Z

YAML = """scrape-configs:
  - job-name: shop
    enabled-profiles: [cpu, mem]
    static-configs:
      - application: shop.app
        targets: ["127.0.0.1:6060", "127.0.0.1:6061"]
        labels: {env: dev}
"""

failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}")


def pyrite(*arguments, code=0, out=None, err=None, **options):
    """Runs it; checks the exit code, that nothing is said where nothing is
    expected, and that what is expected is said."""
    command = [PYRITE, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False,
                          timeout=60, **options)
    name = " ".join(command[1:])
    stdout, stderr = done.stdout.decode(errors="replace"), done.stderr.decode()
    check(done.returncode == code,
          f"{name}: exit {done.returncode}, not {code}: {stderr}")
    for text, expected, where in ((stdout, out, "stdout"),
                                  (stderr, err, "stderr")):
        if expected is None:
            check(text == "", f"{name}: {where} has {text!r}")
        elif expected is not any:
            check(expected in text, f"{name}: {where} lacks {expected!r}: {text!r}")
    return done.stdout


def check_usage():
    pyrite(code=2, err='Try "pyrite --help"')
    pyrite("nothing", code=2, err="unknown command: nothing")
    pyrite("--nothing", code=2, err="unknown option: --nothing")
    pyrite("--version", out="pyrite 0.1.0\n")
    pyrite("--help", out="pyrite COMMAND --help")
    for command in ("run", "check", "targets", "query"):
        text = pyrite(command, "--help", out=f"pyrite {command}")
        check(pyrite(command, "-h", out=any) == text, f"{command} -h differs")
        pyrite(command, "--nothing", code=2,
               err=f'Try "pyrite {command} --help"')
    pyrite("query", code=2, err="--storage DIR is missing")
    pyrite("query", "--storage", code=2, err="--storage needs a value")
    pyrite("query", "--help=1", code=2, err="a value does not belong here")
    pyrite("check", code=2, err="which file?")
    pyrite("check", "--labels", 'a="b"', "f.yml", code=2, err="of which job?")
    pyrite("check", "--labels", 'a="b"', "f", "j", "x", code=2, err="one job")
    pyrite("check", "--labels", 'a="b"', "--discover", "1s", "f", code=2,
           err="do not go together")
    for labels, error in (("a=b", 'column 3: expected a quoted value'),
                          ('a!="b"', 'column 2: expected "="'),
                          ('a="b" c="d"', 'expected "," or the end'),
                          ('{a="b"', 'expected "," or "}"'),
                          ('{a="b"}x', "expected the end"),
                          ('a="b",a="c"', "the label a is there twice"),
                          ('""="b"', "expected a label name in UTF-8"),
                          ('a="', "column 3: ")):
        pyrite("check", "--labels", labels, "f", "j", code=2, err=error)
    for time in ("x", "-1s", "0", "10"):
        pyrite("check", "--discover", time, "f", code=2, err="--discover: ")
    pyrite("targets", "x", code=2, err="unexpected argument: x")
    for arguments, error in (
            (["--user", "a"], "--user and --password-file belong together"),
            (["--password-file", "f"], "--user and --password-file belong together"),
            (["--user", "a", "--password-file", "f", "--token-file", "f"],
             "--user and --token-file do not go together"),
            (["--cert-file", "f"], "--cert-file and --key-file belong together")):
        pyrite("targets", *arguments, code=2, err=error)


def check_addresses():
    for address in ("999.9", "foo", "127.0.0.1:99999", "127.0.0.1:", "::1",
                    "example.com:4041"):
        pyrite("run", "--listen", address, code=2,
               err=f"--listen {address}: not an address, expected one such as "
                   "127.0.0.1:4041")
    pyrite("run", "--listen", "", code=2, err="leaves nothing to scrape")
    for address, error in (
            ("999.9", "--address 999.9: expected host:port"),
            ("foo", "--address foo: expected host:port"),
            ("", "expected host:port"), (":", "expected host:port"),
            ("ftp://a:1", "expected host:port"),
            ("127.0.0.1:99999", "the port must be from 1 to 65535"),
            ("256.1.1.1:1", "neither a name nor a whole address"),
            ("::1", "the port must be a number"),
            ("http://a:1/targets", "no path is expected behind the port")):
        pyrite("targets", "--address", address, code=2, err=error)


def check_full_disk():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PYRITE, "--help"], stdout=full, check=False,
                              stderr=subprocess.PIPE)
    check(done.returncode == 1 and b"No space left" in done.stderr,
          f"--help to a full disk: {done}")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([PYRITE, "query", "--help"], stdout=write,
                          check=False, stderr=subprocess.PIPE)
    os.close(write)
    check(done.returncode == 1 and b"Broken pipe" in done.stderr,
          f"--help to a closed pipe: {done}")


def check_check(folder):
    good, bad = folder / "good.yml", folder / "bad.yml"
    good.write_text(YAML)
    bad.write_text("scrape-configs:\n  - job-nam: x\n    scrape-interval: 5\n")
    out = pyrite("check", good, out='job "shop"').decode()
    for line in ("127.0.0.1:6060", "127.0.0.1:6061", 'env="dev"', "shop.app",
                 "http://127.0.0.1:6060/debug/pprof/profile?seconds=10",
                 "http://127.0.0.1:6061/debug/pprof/heap",
                 "every 10s, timeout 15s"):
        check(line in out, f"check: {line!r} is not in {out}")
    done = subprocess.run([PYRITE, "check", bad], capture_output=True,
                          check=False)
    lines = done.stderr.decode().splitlines()
    check(done.returncode == 1 and len(lines) >= 2 and done.stdout == b"",
          f"check: all errors: {done}")
    check(all(line.startswith(f"{bad}:") for line in lines),
          f"check: places of errors: {lines}")
    pyrite("check", good, bad, code=1, out="job", err="bad.yml:")
    odd = folder / "odd.yml"
    odd.write_text(YAML.replace("env: dev", 'env: "d\\"e\\nv\\e[1m"'))
    pyrite("check", odd, out=r'env="d\"e\nv\u001b[1m"')
    odd.write_text(YAML.replace("127.0.0.1:6061", "h?x"))
    pyrite("check", odd, code=1, out="127.0.0.1:6060", err=f'{odd}:5:9: job "shop", target h?x: ')
    odd.write_text(YAML + "    file-sd-configs: [{files: [x.yml]}]\n"
                   "  - job-name: found\n    file-sd-configs: [{files: [y.yml]}]\n")
    pyrite("check", odd, out='job "found"\n  targets of file-sd-configs\nwhat these find')
    pyrite("check", folder / "none.yml", code=1, err="none.yml")
    odd.write_text(YAML + f"    bearer-token-file: {odd}\n    tls-config: {{ca-file: none.pem}}\n"
                   "    file-sd-configs: [{files: [none/*.json]}]\n")
    out = pyrite("check", odd, out=f"\nnote: {folder}/none.pem: No such file or directory\n").decode()
    check(f"\nnote: {folder}/none/*.json: no file is there\n" in out and out.count("note: ") == 2,
          f"check: notes of files: {out}")
    odd.write_text(YAML + "    proxy-url: http://user:secret@127.0.0.1:99999\n")
    pyrite("check", odd, code=1, out='job "shop"', err='check: job "shop": proxy-url: bad URL '
           '"http://127.0.0.1:99999": the port must be from 1 to 65535\n')


def check_included(folder):
    """What is wrong with a target is said with the file of its job."""
    main, jobs = folder / "main.yml", folder / "jobs.yml"
    main.write_text("scrape-config-files: [jobs.yml]\n")
    jobs.write_text(YAML + "    relabel-configs:\n"
                    "      - {source-labels: [env], regex: '(d+)+[ef]', action: keep}\n")
    jobs.write_text(jobs.read_text().replace("env: dev", "env: " + 60 * "d"))
    pyrite("check", main, code=1, out="main.yml",
           err=f"rule 1 of relabel-configs ({jobs}:9:9, keep): the pattern")


ANSWER = {"status": "success", "data": {"activeTargets": [{
    "discoveredLabels": {"__address__": "10.0.0.1:6060"}, "labels": {},
    "scrapePool": "shop", "scrapeUrl": "http://10.0.0.1:6060/x", "profiles": [
        {"profile": "cpu", "health": "up", "lastError": "", "missed": 2,
         "lastScrape": "2026-01-02T03:04:05Z", "lastScrapeDuration": 10.25,
         "nextScrape": "2026-01-02T03:04:15Z"},
        {"profile": "mem", "health": "unknown", "lastError": "",
         "lastScrape": "0001-01-01T00:00:00Z", "lastScrapeDuration": 0,
         "nextScrape": "2199-01-02T03:04:15Z", "missed": 0},
        {"profile": "block", "health": "down", "missed": 0,
         "lastError": "status 404\x1b[1m", "lastScrapeDuration": 0.5,
         "lastScrape": "2026-01-02T03:04:05Z",
         "nextScrape": "2199-01-02T03:04:15Z"}]}], "droppedTargets": []}}


def serve(body, status=200):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path.startswith("/api/v1/targets") else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"127.0.0.1:{server.server_port}"


def check_dropped():
    answer = {"data": {
        "droppedTargets": [{"scrapePool": "sh\x1bop", "droppedBy": "p.yml:1:2: drop",
                            "discoveredLabels": {"a": "b\x1b[1m", "c": ""}}],
        "droppedTargetCounts": {"shop": 7, "other": 1},
        "badTargets": [{"scrapePool": "shop", "error": "no address",
                        "discoveredLabels": {}}]}}
    server, address = serve(json.dumps(answer).encode())
    out = pyrite("targets", "--dropped", "--address", address, out=any).decode()
    server.shutdown()
    server.server_close()
    check(out.splitlines() ==
          ["job sh\\u001bop: dropped by p.yml:1:2: drop", '    a="b\\u001b[1m", c=""',
           "job shop: no target: no address", "",
           "8 dropped, 1 that cannot be targets",
           "1 of the dropped are shown, for keep-dropped-targets"], f"dropped: {out}")
    for body, error in ((b"{", "no JSON"), (b"{}", "no data.droppedTargets"),
                        (b'{"data":{"droppedTargets":[]}}', "droppedTargets")):
        server, address = serve(body)
        pyrite("targets", "--dropped", "--address", address, code=1, err=error)
        server.shutdown()
        server.server_close()


def check_targets():
    server, address = serve(json.dumps(ANSWER).encode())
    out = pyrite("targets", "--address", address, out=any).decode()
    pyrite("targets", "--address", f"http://{address}/", out="10.0.0.1:6060")
    server.shutdown()
    server.server_close()
    lines = out.splitlines()
    check([line.split()[:4] for line in lines] ==
          [["JOB", "TARGET", "PROFILE", "HEALTH"],
           ["shop", "10.0.0.1:6060", "cpu", "up"],
           ["shop", "10.0.0.1:6060", "mem", "unknown"],
           ["shop", "10.0.0.1:6060", "block", "down"]], f"targets: {out}")
    check("10.250s" in lines[1] and " ago" in lines[1] and
          lines[1].endswith("2"), f"targets: {lines[1]!r}")
    check(" -  " in lines[2] and "in " in lines[2], f"targets: {lines[2]!r}")
    check(lines[3].endswith("status 404\\u001b[1m"), f"targets: {lines[3]!r}")
    pyrite("targets", "--address", address, code=1, err=f"listen on {address}")
    for body, error in ((b"{", "no JSON"), (b"{}", "no data.activeTargets"),
                        (b'{"data":{"activeTargets":7}}', "activeTargets")):
        server, address = serve(body)
        pyrite("targets", "--address", address, code=1, err=error)
        server.shutdown()
        server.server_close()
    server, address = serve(b"", 500)
    pyrite("targets", "--address", address, code=1, err="500")
    server.shutdown()
    server.server_close()


def fill_store(store):
    """Two programs, cpu and mem, three of each a minute apart."""
    words = []
    for app, env, program in (("shop", "dev", "small"), ("cart", "prod", "medium")):
        for profile, name in (("cpu:process_cpu", "cpu"), ("mem:memory", "heap")):
            for number in range(3):
                body = CORPUS / program / name / f"{number}.pb.gz"
                words += [profile, app, env, str(START + 60 * number), str(body)]
    subprocess.run([STORE_TOOL, str(store), *words], check=True)


def check_query_errors(store):
    for arguments, error in (
            (["--from", "never"], '--from: "never" is no time'),
            (["--from", "-1h", "--to", "-2h"], "--from must be before --to"),
            (["{env=}"], "{env=}: column 6: expected a quoted value, found }"),
            (["a", "b"], "one argument of matchers is expected, found 2"),
            (["--output", "svg"], "--output svg: expected top, folded"),
            (["--rows", "-1"], "--rows -1: expected a number"),
            (["--rows", "1000001"], "expected a number from 1 to 1000000, or 0"),
            (["--rows", "9" * 30], "expected a number from 1 to 1000000, or 0"),
            (["-x"], "unknown option: -x")):
        pyrite("query", "--storage", store, *arguments, code=2, err=error)
    pyrite("query", "--storage", store / "none", code=1,
           err="none: No such file or directory")


def check_query_lists(store):
    def query(*arguments, **options):
        return pyrite("query", "--storage", store, *arguments,
                      **options).decode()

    query(code=1, err="several kinds of profiles match: cpu, mem; choose one "
                      "with --profile")
    query("nobody", code=1, err="nothing matches nobody\nThe store has:\n")
    query("--to", "2026-01-02", code=1, err="memory:inuse_space:bytes:space:bytes")
    lines = query("--output", "series", out=any).splitlines()
    check(len(lines) == 4 and any('shop{env="dev"}' in line and
                                  line.startswith("cpu  3  2026-01-02T03:04:05Z")
                                  for line in lines), f"series: {lines}")
    lines = query("--output", "labels", "shop", out=any).splitlines()
    check(lines == ["__name__  1 value  2 series  shop",
                    "env  1 value  2 series  dev"], f"labels: {lines}")
    lines = [json.loads(line) for line in
             query("--output", "profiles", '{env=~"d.v|x"}', "--profile", "mem",
                   "--from", START + 60, out=any).splitlines()]
    check([line["time_ns"] for line in lines] ==
          [(START + 60) * 10**9, (START + 120) * 10**9], f"profiles: {lines}")
    check(lines and lines[0]["labels"] == {"__name__": "shop", "env": "dev"} and
          "memory:inuse_space:bytes:space:bytes" in lines[0]["totals"],
          f"profiles: {lines[:1]}")


def check_query_merged(store, folder):
    def query(*arguments, **options):
        return pyrite("query", "--storage", store, *arguments, **options)

    out = query("--profile", "cpu", "shop", out="Type: cpu\n").decode()
    check("flat  flat%   sum%        cum   cum%" in out, f"top: {out}")
    query("--profile", "mem", "shop", out="Type: inuse_space\n")
    query("--profile", "memory:alloc_space:bytes:space:bytes", "{}",
          out="Type: alloc_space\n")
    query("--profile", "cpu", "shop", "--from", START + 120, out="File: ")
    one, added, average = (
        query("--profile", "memory:inuse_space:bytes:space:bytes", "shop", "--output",
              "folded", *options, out=any) for options in
        (["--from", START + 120], [], ["--average"]))
    ones, sums, averages = (sum(int(line.rsplit(b" ", 1)[1]) for line in text.splitlines())
                            for text in (one, added, average))
    check(sums > 2 * ones and abs(averages - sums / 3) < len(average.splitlines()),
          f"average: {ones} {sums} {averages}")
    query("--profile", "mem", "shop", out="Profiles: 3, added up\nFile: ")
    query("--profile", "mem", "shop", "--average", out="Profiles: 3, their average\nFile: ")
    rows = query("--profile", "cpu", "--rows", 2, out=any).decode()
    check(len(rows.split("cum%\n")[1].splitlines()) == 2, f"--rows 2: {rows}")
    folded = query("--profile", "cpu", "--output", "folded", "cart", out=any)
    check(all(line.rsplit(b" ", 1)[1].isdigit()
              for line in folded.splitlines()), "folded")
    body = query("--profile", "cpu", "--output", "pprof", "shop", out=any)
    check(gzip.decompress(body) != b"", "pprof is no gzip")
    target = folder / "merged.pb.gz"
    query("--profile", "cpu", "--output", "pprof", "-o", target, "shop")
    check(target.read_bytes() == body, "-o differs from stdout")
    check([path.name for path in folder.glob("merged*")] == ["merged.pb.gz"],
          "-o leaves something behind")
    query("--profile", "cpu", "--output", "pprof", "-o", target, "nobody",
          code=1, err="nothing matches")
    check(target.read_bytes() == body, "a failure changed the file")
    query("--profile", "cpu", "-o", folder / "no" / "where", code=1,
          err="where: No such file or directory")
    return target


def check_terminal(store):
    """pprof to a terminal is refused; top is not."""
    main, other = pty.openpty()
    done = subprocess.run([PYRITE, "query", "--storage", str(store), "--profile",
                           "cpu", "--output", "pprof"], stdout=other,
                          stderr=subprocess.PIPE, check=False)
    check(done.returncode == 2 and b"add -o FILE" in done.stderr,
          f"pprof to a terminal: {done}")
    os.close(other)
    os.close(main)


def check_against_pprof(merged):
    """The store between scrape and export changes nothing, and Go takes it."""
    go_pprof.need()
    bodies = [CORPUS / "small" / "cpu" / f"{number}.pb.gz" for number in range(3)]
    ours = go_pprof.pprof("-symbolize=none", "-top", merged)
    theirs = go_pprof.pprof("-symbolize=none", "-top", *bodies)

    def rows(text):
        return text.split("Showing nodes", 1)[1]

    check(rows(ours) == rows(theirs), f"top of the export:\n{ours}\n{theirs}")


def check_build(merged, folder):
    """go build -pgo takes it."""
    project = folder / "project"
    project.mkdir()
    (project / "go.mod").write_text("module busy\n\ngo 1.19\n")
    # A library has no runtime that would be built anew for each profile.
    (project / "busy.go").write_text("package busy\n\nfunc Work() {}\n")
    done = subprocess.run([go_toolchain.need("1.21"), "build", f"-pgo={merged}", "."],
                          cwd=project, capture_output=True, check=False,
                          env=dict(go_pprof.ENVIRONMENT, GOFLAGS="-mod=mod"))
    check(done.returncode == 0, f"go build -pgo: {done.stderr.decode()}")


def main():
    os.environ["TZ"] = "UTC"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        store = folder / "store"
        check_usage()
        check_addresses()
        check_full_disk()
        check_check(folder)
        check_included(folder)
        check_targets()
        check_dropped()
        store.mkdir()
        check_query_errors(store)
        pyrite("query", "--storage", store, code=1,
               err="pyrite query: nothing matches\nThe store holds no profiles.")
        fill_store(store)
        check_query_lists(store)
        merged = check_query_merged(store, folder)
        check_terminal(store)
        if not failures:
            check_against_pprof(merged)
            check_build(merged, folder)
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
