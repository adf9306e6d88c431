#!/usr/bin/env python3
"""Profiles of a Node program, by the npm packages pprof and @datadog/pprof."""

import os
import shutil
import unittest

import producer
import cached
import tools

SOURCE = producer.SOURCES / "node"
LISTS = [SOURCE / "package.json", SOURCE / "package-lock.json"]


def install(part):
    npm = tools.need("npm")
    for path in LISTS:
        shutil.copy(path, part)
    done = tools.run(npm, "ci", "--no-audit", "--no-fund", cwd=part)
    if done.returncode:
        tools.skip(f"npm cannot install {LISTS[0]}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


NODE = tools.need("node")
PACKAGES = cached.of_files("node", LISTS, install) / "node_modules"


class Node(producer.ProducerTest):
    def run_package(self, name, unit):
        self.scrape("node", [NODE, SOURCE / "target.js", name], name.strip("@").replace("/", "_"),
                    env=dict(os.environ, NODE_PATH=str(PACKAGES)))
        self.expect("wall", f"sample/count wall/{unit}", f"wall {unit}", ["nodeSpins"])
        self.expect("mem", "objects/count space/bytes", "space bytes", ["nodeHolds"])
        self.end()

    def test_pprof(self):
        self.run_package("pprof", "microseconds")

    def test_datadog(self):
        self.run_package("@datadog/pprof", "nanoseconds")


if __name__ == "__main__":
    unittest.main()
