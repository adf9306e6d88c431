#!/usr/bin/env python3
"""The classic Pyroscope server and Pyrite at the same work: CPU, memory, gaps.

  run.py [--targets 50] [--corpus medium] [--seconds 120]

Both read the same file and scrape five kinds every 10 s, of targets that play
the same bodies, at the same time. The classic server is built from its Go module,
once, into $XDG_CACHE_HOME/pyrite-classic; that needs Go, a C compiler (for its
SQLite) and some minutes of CPU. Needs the release build.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODULE, VERSION = "github.com/pyroscope-io/pyroscope", "v0.37.2"
KINDS = ("cpu", "mem", "goroutines", "mutex", "block")
INTERVAL = 10
WARM = 60  # seconds: the classic server begins to ask after some 20
PORTS = {"classic": 22000, "pyrite": 24000}
TICKS = os.sysconf("SC_CLK_TCK")


# ---- the classic server -------------------------------------------------------


def go(*arguments, cwd):
    env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=mod", CGO_ENABLED="1")
    done = subprocess.run(["nice", "-n", "19", "go", *arguments], cwd=cwd, env=env,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"go {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def build_classic():
    """The path of its program."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    program = pathlib.Path(cache) / "pyrite-classic" / f"pyroscope-{VERSION}"
    if program.exists():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    print(f"building {MODULE}@{VERSION}", flush=True)
    with tempfile.TemporaryDirectory(prefix="pyrite-classic-") as name:
        source = pathlib.Path(name) / "source"
        (pathlib.Path(name) / "go.mod").write_text("module compare\n")
        found = json.loads(go("mod", "download", "-json", f"{MODULE}@{VERSION}", cwd=name))
        shutil.copytree(found["Dir"], source)
        subprocess.run(["chmod", "-R", "u+w", source], check=True)
        go("mod", "edit", "-replace",
           f"github.com/pyroscope-io/godeltaprof={HERE / 'godeltaprof'}", cwd=source)
        part = program.with_suffix(".part")
        go("build", "-p", "2", "-o", str(part), "./cmd/pyroscope", cwd=source)
        part.rename(program)
    return program


# ---- both ---------------------------------------------------------------------


class Side:
    """One of the two, and the targets that are its own."""

    def __init__(self, name, folder, arguments):
        self.name, self.folder = name, folder / name
        self.folder.mkdir()
        first = PORTS[name]
        self.children = [self.start(
            "targets", arguments.build / "bench/load_target", "--targets",
            arguments.targets, "--port", first, "--corpus",
            ROOT / "bench/corpus" / arguments.corpus)]
        self.config = self.folder / "server.yml"
        self.config.write_text(
            "scrape-configs:\n  - job-name: compare\n"
            f"    scrape-interval: {INTERVAL}s\n"
            f"    enabled-profiles: [{', '.join(KINDS)}]\n"
            "    static-configs:\n      - application: app\n        targets:\n"
            + "".join(f"          - 127.0.0.1:{first + i}\n" for i in range(arguments.targets)))

    def start(self, name, *command):
        with open(self.folder / f"{name}.log", "w") as log:
            return subprocess.Popen([str(word) for word in command], stdout=log, stderr=log)

    def run(self, *command):
        self.children.append(self.start("server", *command))

    def text(self, path):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def look(self):
        """(CPU seconds, CPU profiles that came, those of all kinds, failed scrapes,
        what came and was not kept)."""
        with open(f"/proc/{self.children[-1].pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return ((int(fields[11]) + int(fields[12])) / TICKS, *self.counts())

    def memory(self, name):
        with open(f"/proc/{self.children[-1].pid}/status") as file:
            return int(re.search(rf"{name}:\s+(\d+) kB", file.read()).group(1)) / 1024

    def disk(self):
        return sum(512 * path.stat().st_blocks for path in (self.folder / "data").rglob("*")
                   if path.is_file()) / 1e6

    def stop(self):
        for child in reversed(self.children):
            child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()


def sum_of(text, name, *labels):
    """Of the series of a metric with those labels."""
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if re.match(rf"{name}[{{ ]", line) and all(label in line for label in labels))


class Classic(Side):
    address = "127.0.0.1:22999"

    def __init__(self, *arguments):
        super().__init__("classic", *arguments)
        self.run(build_classic(), "server", "-config", self.config, "-api-bind-addr",
                 self.address, "-storage-path", self.folder / "data", "-admin-socket-path",
                 self.folder / "admin.sock", "-analytics-opt-out", "-no-self-profiling")

    def counts(self):
        text = self.text("/metrics")
        prefix = "pyroscope_scrape_target_"
        return (sum_of(text, prefix + "scrape_duration_seconds_count", "/debug/pprof/profile"),
                sum_of(text, prefix + "scrape_duration_seconds_count"),
                sum_of(text, prefix + "pool_scrapes_failed_total"),
                sum_of(text, "pyroscope_ingestion_queue_discarded_total"))


class Pyrite(Side):
    address = "127.0.0.1:24999"

    def __init__(self, folder, arguments):
        super().__init__("pyrite", folder, arguments)
        self.run(arguments.build / "pyrite", "run", "--config", self.config, "--listen",
                 self.address, "--storage", self.folder / "data")

    def counts(self):
        targets = json.loads(self.text("/api/v1/targets"))["data"]["activeTargets"]
        profiles = [profile for target in targets for profile in target["profiles"]]
        lost = sum_of(self.text("/metrics"), "pyrite_store_dropped_profiles_total")
        return (sum(p["scrapes"] - p["failures"] for p in profiles if p["profile"] == "cpu"),
                sum(p["scrapes"] - p["failures"] for p in profiles),
                sum(p["failures"] for p in profiles), lost)


# ---- the table ----------------------------------------------------------------


def figures(side, before, after, took, targets):
    cpu, cpu_profiles, profiles, failed, lost = (b - a for a, b in zip(before, after))
    return {"CPU, ms a second": 1000 * cpu / took,
            "CPU, ms per 1,000 profiles": 1e6 * cpu / max(profiles, 1),
            "resident, MiB": side.memory("VmRSS"), "at most, MiB": side.memory("VmHWM"),
            "on disk, MB": side.disk(), "profiles a second": profiles / took,
            "scrapes that failed": failed, "profiles that were not kept": lost,
            "time without a CPU profile, %":
                100 * (1 - min(1, cpu_profiles * INTERVAL / (targets * took)))}


def compare(arguments, folder):
    sides = []
    try:
        sides = [Classic(folder, arguments), Pyrite(folder, arguments)]
        time.sleep(WARM)
        start = time.monotonic()
        before = [side.look() for side in sides]
        time.sleep(arguments.seconds)
        after = [side.look() for side in sides]
        took = time.monotonic() - start
        rows = [figures(side, *looks, took, arguments.targets)
                for side, *looks in zip(sides, before, after)]
    finally:
        for side in sides:
            side.stop()
    print(f"{arguments.targets} {arguments.corpus} targets, {len(KINDS)} kinds every "
          f"{INTERVAL} s, {took:.0f} s\n")
    print(f"{'':32}{'classic':>12}{'Pyrite':>12}{'ratio':>10}")
    for name, classic in rows[0].items():
        ours = rows[1][name]
        ratio = f"1/{classic / ours:.1f}" if ours > 0 and classic > 0 else "-"
        print(f"{name:32}{classic:12.1f}{ours:12.1f}{ratio:>10}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--targets", type=int, default=50)
    parser.add_argument("--corpus", default="medium", choices=("small", "medium"))
    parser.add_argument("--seconds", type=int, default=120)
    arguments = parser.parse_args()
    build_classic()
    with tempfile.TemporaryDirectory(prefix="pyrite-compare-") as name:
        compare(arguments, pathlib.Path(name))


if __name__ == "__main__":
    main()
