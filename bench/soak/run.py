#!/usr/bin/env python3
"""Soak: 1,000 scrapes a second for half an hour, while connections are reset, answers
stall and targets restart.  Prints what the process holds once a minute, and at the end the
slope of each: of all samples, and of those after the first third.

  bench/soak/run.py [--minutes 30] [--targets 1050] [--seed 1]

Targets that fail are asked less often for a while: a few more than 1,000 make up for that.
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test/flow"))
SAMPLE = 10  # seconds


def wait(condition, program):
    while not condition():
        if not program.running():
            sys.exit(program.text())
        time.sleep(0.05)


def sample(soak, pyrite, start):
    metrics = pyrite.metrics()
    return ((time.monotonic() - start) / 60, soak.held(pyrite, metrics),
            {name: soak.total(metrics, f"pyrite_{name}_total")
             for name in ("scrapes", "scrape_failures", "scrapes_missed", "store_profiles",
                          "store_segments_sealed")})


def print_sample(minute, held, counts):
    print(f"{minute:5.1f} min  " + "  ".join(
        f"{name} {value:.0f}" for name, value in (held | counts).items()), flush=True)


def print_slopes(soak, samples, title):
    print(f"{title}, {len(samples)} samples:")
    for line in soak.describe(samples):
        print(f"  {line}")
    for name in soak.HELD:
        slope = soak.slope([(minute, held[name]) for minute, held in samples])
        print(f"  {name}: slope {slope:+.3f} {soak.HELD[name]} a minute")


def observe(soak, minutes, pyrite):
    start, samples = time.monotonic(), []
    while not samples or samples[-1][0] < minutes:
        time.sleep(SAMPLE)
        samples.append(sample(soak, pyrite, start))
        if int(samples[-1][0]) > int(samples[-2][0] if samples[1:] else 0):
            print_sample(*samples[-1])
    first, last = samples[0], samples[-1]
    for name, value in last[2].items():
        print(f"{name}: {(value - first[2][name]) / (last[0] - first[0]) / 60:.1f} a second")
    held = [(minute, things) for minute, things, _ in samples]
    print_slopes(soak, held, "all minutes")
    print_slopes(soak, [one for one in held if one[0] >= minutes / 3], "without the first third")


def run(soak, arguments, folder):
    targets = soak.load_target(arguments.targets, arguments.seed)
    wait(lambda: targets.find("^listening on "), targets)
    pyrite = soak.flow.Pyrite(folder, soak.config(arguments.targets, "1s", "5s", "1m"),
                              log_level="info")
    try:
        wait(pyrite.address, pyrite)
        observe(soak, arguments.minutes, pyrite)
        targets.send(signal.SIGUSR1)
        wait(lambda: targets.find("^faults: "), targets)
        print(targets.find("^faults: ")[0])
    finally:
        for program in (pyrite, targets):
            program.stop(timeout=60)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--targets", type=int, default=1050)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.environ["PYRITE_BIN"] = str(arguments.build / "pyrite")
    os.environ["PYRITE_LOAD_TARGET"] = str(arguments.build / "bench/load_target")
    import soak  # reads the environment
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pyrite-soak-"))
    try:
        run(soak, arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
