#!/usr/bin/env python3
"""Profiles of a C program, by gperftools and go tool pprof -proto."""

import sys
import unittest

import flow
import producer
import go_pprof
import tools

SOURCE = producer.SOURCES / "gperftools"


class Gperftools(producer.ProducerTest):
    def build(self):
        program = self.folder / "target"
        done = tools.run(tools.need("gcc", "clang"), "-O1", "-g", "-fPIE", "-pie", "-o", program,
                         SOURCE / "target.c", "-lprofiler", "-ltcmalloc", "-lpthread")
        if done.returncode:
            tools.skip(f"{SOURCE} does not build (Debian: libgoogle-perftools-dev):\n{done.stderr}")
        return program

    def command(self):
        return [sys.executable, SOURCE / "target.py", self.build(), *go_pprof.program()]

    def test_converted(self):
        self.scrape("gperftools", self.command())
        self.expect("cpu", "samples/count cpu/nanoseconds", "cpu nanoseconds",
                    ["gperftools_spins"])
        self.expect("mem", "alloc_objects/count alloc_space/bytes inuse_objects/count "
                    "inuse_space/bytes", "space bytes", ["gperftools_holds"],
                    label=r"bytes:\[65536\]")
        self.end()

    def test_not_converted(self):
        target = self.watch(producer.Target(self.command()))
        self.wait(target.address, "the target listens", timeout=producer.PATIENCE, alive=target)
        raw = "profiles:\n" + "".join(
            f"  {kind}: {{params: {{seconds: '1', raw: '1'}}}}\n" for kind in ("cpu", "mem"))
        pyrite = self.pyrite(flow.config(flow.job("own", target.address(), ("cpu", "mem"),
                                                  interval="2s", extra=raw)))
        for kind, what in (("cpu", "it seems, gperftools' own format"),
                           ("mem", "a heap profile as text")):
            self.wait(lambda: pyrite.find(f"scrape failed.* profile={kind} .*{what}"),
                      f"{kind} is refused by name", timeout=producer.PATIENCE, alive=pyrite)


if __name__ == "__main__":
    unittest.main()
