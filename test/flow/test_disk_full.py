#!/usr/bin/env python3
"""A full disk: scraping goes on, what is dropped is counted, and storing
resumes by itself when there is room again."""

import subprocess
import unittest

import flow
import pprof
import server

PATH = "/debug/pprof/goroutine"
TYPES = (("goroutine", "count"),)


def body(n):
    stacks = {(f"work.some_quite_long_name_of_a_function_{n}_{i}", "main.main"): (i + 1,)
              for i in range(100)}
    return pprof.encode(TYPES, stacks, TYPES[0], 1)


class DiskFull(flow.FlowTest):
    def mount(self, size):
        path = self.folder / "disk"
        path.mkdir()
        result = flow.tools.run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path)
        if result.returncode:
            flow.tools.skip(f"a tmpfs cannot be mounted here: {result.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", path], check=False)
        return path

    def test_storing_resumes(self):
        disk = self.mount("1m")
        filler = disk / "filler"
        filler.write_bytes(b"x" * (800 << 10))
        target = server.Server({PATH: lambda e: e.reply(body(target.requests[PATH]))})
        self.addCleanup(target.close)
        pyrite = self.pyrite(flow.config(
            *(flow.job(f"app{i}", target.address, ["goroutines"], interval="200ms")
              for i in range(10)),
            top="limits:\n  buffer-bytes: 256KB\nstorage:\n  flush-interval: 100ms\n"),
            storage=disk / "data")

        def dropped():
            return pyrite.metric("pyrite_store_dropped_profiles_total")

        self.wait(lambda: dropped() > 20, "profiles are dropped", alive=pyrite)
        scrapes = pyrite.metric("pyrite_scrapes_total")
        self.wait(lambda: pyrite.metric("pyrite_scrapes_total") > scrapes + 20,
                  "scraping goes on", alive=pyrite)
        self.assertEqual(pyrite.get("/-/healthy")[0], 200)
        filler.unlink()
        frames = pyrite.metric("pyrite_store_frames_total")
        before = pyrite.stored()
        self.wait(lambda: pyrite.metric("pyrite_store_frames_total") > frames,
                  "storing resumes", alive=pyrite)
        self.wait(lambda: pyrite.stored() > before + 10, "profiles are stored again",
                  alive=pyrite)
        self.stop(pyrite)
        self.assertEqual(len(flow.profiles(disk / "data")), pyrite.stored())


if __name__ == "__main__":
    flow.become_root()
    unittest.main()
