#!/usr/bin/env python3
"""Figures of the shipped program: `pyrite run` on one core, what it scrapes on
another.

  start       1,000 static targets: CPU until it scrapes
  small       1,000 small targets, one kind a second: misses, lateness, CPU
  saturation  as many profiles a second as go through one core
  steady      2 real Go programs, 5 kinds every 10 s, for 5 minutes: memory, disk

Without arguments all of them, eight minutes.  Needs the release build; `steady`
needs Go.
"""

import argparse
import importlib.util
import os
import pathlib
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "test/flow"))

CORES = sorted(os.sched_getaffinity(0))
PYRITE_CORE, TARGET_CORE = CORES[0], CORES[-1]
FIRST_PORT = 20000
KINDS = ("cpu", "mem", "goroutines", "mutex", "block")


def pinned(core):
    return ["taskset", "--cpu-list", str(core)]


def cpu_ns(program):
    with open(f"/proc/{program.pid}/schedstat") as file:
        return int(file.read().split()[0])


def memory_kib(program, name):
    """VmHWM, VmRSS."""
    with open(f"/proc/{program.pid}/status") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def config(groups, kinds, interval, extra=""):
    """One job; groups are {application: addresses}."""
    lines = ["scrape-configs:", "  - job-name: bench",
             f"    scrape-interval: {interval}", "    scrape-timeout: 30s",
             f"    enabled-profiles: [{', '.join(kinds)}]", *extra.splitlines(),
             "    static-configs:"]
    for application, addresses in groups.items():
        lines += [f"      - application: {application}", "        targets:"]
        lines += [f"          - {address}" for address in addresses]
    return "\n".join(lines) + "\n"


def wait(condition, what, timeout=60):
    end = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > end:
            sys.exit(f"waited {timeout} s until {what}")
        time.sleep(0.005)
    return value


class Bench:
    def __init__(self, build):
        os.environ["PYRITE_BIN"] = str(build / "pyrite")
        import flow  # reads the environment
        self.flow = flow
        self.build = build
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pyrite-bench-"))
        self.running = []

    def close(self):
        for program in self.running:
            if program.running():
                program.process.kill()
                program.ended()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, program, pattern):
        self.running.append(program)
        wait(lambda: program.find(pattern) or not program.running(), pattern)
        if not program.running():
            sys.exit(program.text())
        return program

    def targets(self, count, corpus="small"):
        """The addresses of a load target's ports."""
        self.start(self.flow.Program(
            [*pinned(TARGET_CORE), self.build / "bench/load_target", "--targets", count,
             "--port", FIRST_PORT, "--corpus", ROOT / "bench/corpus" / corpus]),
            "^listening on ")
        return [f"127.0.0.1:{FIRST_PORT + i}" for i in range(count)]

    def pyrite(self, text):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        return self.start(self.flow.Pyrite(folder, text, log_level="info",
                                           prefix=pinned(PYRITE_CORE)), "msg=started")

    def stop(self):
        """Ends what runs, the scraper first."""
        for program in reversed(self.running):
            program.stop(timeout=60)
        self.running = []


def stored_bytes(pyrite):
    return sum(path.stat().st_size for path in pyrite.storage.rglob("*") if path.is_file())


def total(metrics, name):
    return sum(value for series, value in metrics.items() if series.split("{")[0] == name)


def quantile(before, after, share):
    """The upper bound of the bucket of late timers in which the share ends."""
    prefix = 'pyrite_loop_lag_distribution_seconds_bucket{le="'
    buckets = [(series[len(prefix):-2], after[series] - before.get(series, 0))
               for series in after if series.startswith(prefix)]
    buckets.sort(key=lambda bucket: float(bucket[0]))
    count = buckets[-1][1]
    return next(bound for bound, value in buckets if value >= share * count)


def observe(pyrite, warm, seconds):
    """What happens in those seconds, once it runs evenly."""
    time.sleep(warm)
    before, cpu, start = pyrite.metrics(), cpu_ns(pyrite), time.monotonic()
    time.sleep(seconds)
    after, cpu_end, end = pyrite.metrics(), cpu_ns(pyrite), time.monotonic()
    difference = {name: total(after, name) - total(before, name)
                  for name in {series.split("{")[0] for series in after}}
    took, cpu = end - start, (cpu_end - cpu) / 1e9
    profiles = difference["pyrite_store_profiles_total"]
    wire = difference["pyrite_scrape_wire_bytes_total"]
    print(f"  {profiles / took:.0f} profiles/s ({wire / took / 1e6:.1f} MB/s of gzip) at "
          f"{100 * cpu / took:.0f} % of a core; "
          f"{1000 * 1000 * cpu / max(profiles, 1):.0f} ms CPU per 1,000 profiles, "
          f"that is {profiles / cpu:.0f} in a second of CPU")
    print(f"  missed {difference['pyrite_scrapes_missed_total']:.0f}, "
          f"failed {difference['pyrite_scrape_failures_total']:.0f}, "
          f"dropped {difference['pyrite_store_dropped_profiles_total']:.0f}")
    print(f"  starts late: half under {quantile(before, after, 0.5)} s, 99 % under "
          f"{quantile(before, after, 0.99)} s, all ever under "
          f"{after['pyrite_loop_lag_max_seconds'] * 1e3:.1f} ms; longest run of callbacks "
          f"{after['pyrite_loop_turn_max_seconds'] * 1e3:.1f} ms, longest write and sync "
          f"{after['pyrite_store_longest_write_seconds'] * 1e3:.1f} and "
          f"{after['pyrite_store_longest_sync_seconds'] * 1e3:.1f} ms")
    print(f"  resident at most {memory_kib(pyrite, 'VmHWM') / 1024:.1f} MiB; disk "
          f"{stored_bytes(pyrite) / max(total(after, 'pyrite_store_profiles_total'), 1):.0f} "
          f"bytes a profile, "
          f"{100 * stored_bytes(pyrite) / max(total(after, 'pyrite_scrape_wire_bytes_total'), 1):.1f} "
          "% of the gzip bytes")


def run_start(bench):
    addresses = [f"127.0.0.1:{FIRST_PORT + i}" for i in range(1000)]
    took = []
    for _ in range(5):
        pyrite = bench.pyrite(config({"app": addresses}, KINDS, "1h"))
        wait(lambda: pyrite.get("/-/ready")[0] == 200, "it is ready")
        took.append(cpu_ns(pyrite) / 1e6)
        resident = memory_kib(pyrite, "VmRSS")
        bench.stop()
    print(f"  1,000 targets x 5 kinds scheduled after {min(took):.0f} ms CPU at best, "
          f"{max(took):.0f} at worst of 5; resident {resident / 1024:.1f} MiB")


def run_small(bench):
    addresses = bench.targets(1000)
    for kind in ("goroutines", "mem"):
        print(f" {kind} of 1,000 targets every second, a minute")
        pyrite = bench.pyrite(config({"app": addresses}, [kind], "1s"))
        observe(pyrite, 5, 60)
        pyrite.stop(timeout=60)
    bench.stop()


def run_saturation(bench):
    for corpus in ("small", "medium"):
        addresses = bench.targets(1000, corpus)
        for kind in ("goroutines", "mem"):
            print(f" {kind} of 1,000 {corpus} targets ten times a second, 10 s")
            pyrite = bench.pyrite(config({"app": addresses}, [kind], "100ms"))
            observe(pyrite, 5, 10)
            pyrite.stop(timeout=60)
        bench.stop()


def build_programs(folder):
    path = ROOT / "bench/corpus/make.py"
    spec = importlib.util.spec_from_file_location("corpus", path)
    corpus = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(corpus)
    return {name: corpus.build(name, folder) for name in corpus.PROGRAMS}


def run_steady(bench):
    groups = {}
    for name, path in build_programs(bench.folder).items():
        program = bench.start(bench.flow.Program(
            [*pinned(TARGET_CORE), path, "-listen", "127.0.0.1:0"]), "^listening on ")
        groups[name] = [program.find("^listening on ")[0].split()[-1]]
    pyrite = bench.pyrite(config(groups, KINDS, "10s"))
    observe(pyrite, 1, 300)
    wire = total(pyrite.metrics(), "pyrite_scrape_wire_bytes_total")
    pyrite.stop(timeout=60)
    print(f"  sealed: {stored_bytes(pyrite)} bytes on disk of {wire:.0f} of gzip, "
          f"{100 * stored_bytes(pyrite) / wire:.1f} %")
    bench.stop()


RUNS = {"start": run_start, "small": run_small, "saturation": run_saturation,
        "steady": run_steady}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("runs", nargs="*", metavar="run", help=", ".join(RUNS))
    arguments = parser.parse_args()
    if not set(arguments.runs) <= set(RUNS):
        parser.error(f"expected some of {', '.join(RUNS)}")
    if PYRITE_CORE == TARGET_CORE:
        print("one core for both: what is late is late by the targets, too")
    bench = Bench(arguments.build)
    try:
        for name in arguments.runs or RUNS:
            print(f"{name}:")
            RUNS[name](bench)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
