#!/usr/bin/env python3
"""What many targets cost the shipped `pyrite run`: measure.py [TARGETS]

Starts it with one file of so many targets that nobody asks for a day, says what
that took and keeps, then replaces a tenth of them every second, then changes the
rules of the job and reloads.  CPU is the process's; lag and turns are its metrics.
"""

import http.client
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYRITE = os.environ.get("PYRITE_BIN", str(ROOT / "build/release/pyrite"))
FILES = 10
SECONDS = 10
RULES = ("  relabel-configs:\n"
         "  - {source-labels: [__meta_filepath], regex: '.*/(.+)\\.yml', target-label: file}\n"
         "  - {source-labels: [zone], regex: z9, action: drop}\n")


def config(folder, more=""):
    return ("scrape-configs:\n- job-name: idle\n  scrape-interval: 1d\n"
            "  enabled-profiles: [cpu, mem, goroutines, mutex, block]\n"
            f"{RULES}{more}  file-sd-configs: [{{files: ['{folder}/*.yml']}}]\n")


def write(folder, number, count, version):
    """One of the files; addresses are loopback's, where nobody listens."""
    lines = [f"- targets: ['127.{number + 1}.{i // 250}.{i % 250}:1']\n"
             f"  application: app-{i % 40}\n  spy-name: gospy\n"
             f"  labels: {{zone: z{i % 3}, team: payments, env: production, "
             f"region: eu-central-1, version: 'v{version}'}}\n" for i in range(count)]
    path = folder / f"{number}.yml"
    path.with_suffix(".new").write_text("".join(lines))
    path.with_suffix(".new").rename(path)


class Pyrite:
    def __init__(self, folder):
        self.path = folder / "pyrite.yaml"
        self.path.write_text(config(folder))
        self.log = folder / "log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [PYRITE, "run", "--config", self.path, "--storage", folder / "data",
                 "--listen", "127.0.0.1:0"], stdout=log, stderr=log)
        self.address = self.until(
            lambda: re.search(r"address=http://(\S+)", self.log.read_text())).group(1)

    def until(self, condition):
        while True:
            value = condition()
            if value:
                return value
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    def metric(self, name, labels=""):
        connection = http.client.HTTPConnection(self.address)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if re.match(rf"{name}(\{{|\s)", line) and labels in line)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def resident(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024

    def turns(self):
        return (f"longest turn {1000 * self.metric('pyrite_loop_turn_max_seconds'):.1f} ms, "
                f"largest lag {1000 * self.metric('pyrite_loop_lag_max_seconds'):.1f} ms")


def kept(pyrite):
    """Bytes in the accounts, and what a block costs besides."""
    return pyrite.metric("pyrite_memory_bytes") + 32 * pyrite.metric("pyrite_memory_blocks")


def measure(folder, count):
    for number in range(FILES):
        write(folder, number, 0, 0)
    pyrite = Pyrite(folder)
    try:
        before, resident, cpu = kept(pyrite), pyrite.resident(), pyrite.cpu()
        for number in range(FILES):
            write(folder, number, count // FILES, 0)
        pyrite.until(lambda: pyrite.metric("pyrite_targets") == count)
        print(f"start   {count} targets: {pyrite.cpu() - cpu:.2f} s of CPU, "
              f"{(kept(pyrite) - before) / count:.0f} bytes a target, resident "
              f"{(pyrite.resident() - resident) / count:.0f}; {pyrite.turns()}")
        cpu, began = pyrite.cpu(), time.monotonic()
        for second in range(SECONDS):
            write(folder, second % FILES, count // FILES, second + 1)
            time.sleep(max(0, began + second + 1 - time.monotonic()))
        print(f"churn   {count // FILES} a second: {(pyrite.cpu() - cpu) / SECONDS:.3f} s of "
              f"CPU a second; {pyrite.turns()}")
        for number, (what, more) in enumerate((
                ("a target more", "  static-configs: [{application: a, targets: ['127.0.1.1:1']}]\n"),
                ("other rules for all", "  - {target-label: more, replacement: x}\n"))):
            cpu = pyrite.cpu()
            pyrite.path.write_text(config(folder, more))
            pyrite.process.send_signal(signal.SIGHUP)
            pyrite.until(lambda: pyrite.log.read_text().count("configuration reloaded") > number)
            print(f"reload  {what}: {pyrite.cpu() - cpu:.2f} s of CPU; {pyrite.turns()}")
    finally:
        pyrite.process.terminate()
        pyrite.process.wait()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    shared = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as name:
        measure(pathlib.Path(name), count)


if __name__ == "__main__":
    main()
