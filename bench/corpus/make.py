#!/usr/bin/env python3
"""Makes the bodies of this folder anew: PROGRAM/KIND/N.pb.gz, consecutive
scrapes of two real Go programs.

  small   test/go/deltatarget: the standard library alone
  medium  bench/corpus/program: TSDB, PromQL, Markdown, templates

Takes about a minute.  Paths in the bodies are those of modules (-trimpath), so
they say nothing about the machine; the Go is the one in PATH, or $GO.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = {"small": (HERE.parent.parent / "test" / "go", "./deltatarget"),
            "medium": (HERE / "program", ".")}
KINDS = ("heap", "allocs", "goroutine", "mutex", "block",
         "delta_heap", "delta_mutex", "delta_block")
ROUNDS, CPU_SECONDS, WARM_SECONDS = 6, 5, 10
LARGEST = 3 << 20  # bytes of all bodies


def build(name, folder):
    place, package = PROGRAMS[name]
    env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=readonly -buildvcs=false")
    program = folder / name
    subprocess.run([os.environ.get("GO", "go"), "build", "-trimpath", "-o", program,
                    package], cwd=place, env=env, check=True)
    return program


def scrape(name, program):
    """{kind/N: body}.  What is not CPU is asked between the CPU profiles."""
    bodies = {}
    process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"listening on (\S+)", process.stdout.readline()).group(1)
        time.sleep(WARM_SECONDS)
        for number in range(ROUNDS):
            for kind in ("cpu", *KINDS):
                path = f"profile?seconds={CPU_SECONDS}" if kind == "cpu" else kind
                url = f"http://{address}/debug/pprof/{path}"
                with urllib.request.urlopen(url, timeout=60) as response:
                    bodies[f"{name}/{kind}/{number}.pb.gz"] = response.read()
    finally:
        process.kill()
        process.wait()
    return bodies


def main():
    bodies = {}
    # A fixed folder: the mapping's name is the program's path.
    folder = pathlib.Path(tempfile.gettempdir()) / "pyrite-corpus"
    folder.mkdir(exist_ok=True)
    programs = {name: build(name, folder) for name in PROGRAMS}
    threads = [threading.Thread(target=lambda *one: bodies.update(scrape(*one)), args=one)
               for one in programs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = len(PROGRAMS) * (1 + len(KINDS)) * ROUNDS
    size = sum(map(len, bodies.values()))
    if len(bodies) != wanted or size > LARGEST:
        sys.exit(f"{len(bodies)} bodies of {wanted}, {size} bytes of at most {LARGEST}")
    for name, body in bodies.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    print(f"{len(bodies)} bodies, {size} bytes")


if __name__ == "__main__":
    main()
