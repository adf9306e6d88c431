#!/usr/bin/env python3
"""conf/pyrite.service is what systemd takes, holds the process tightly, and
leaves it the calls that its own sandbox leaves."""

import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402

UNIT = tools.ROOT / "conf/pyrite.service"
CALLS = tools.ROOT / "src/cli/sandbox_calls.c"
PYRITE = os.environ.get("PYRITE_BIN", str(tools.ROOT / "build/debug/pyrite"))
MOST_EXPOSED = 20  # tenths; systemd calls up to 2.0 "OK"


class Service(unittest.TestCase):
    def setUp(self):
        self.analyze = tools.need("systemd-analyze")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.unit = pathlib.Path(folder.name) / "pyrite.service"
        self.unit.write_text(UNIT.read_text().replace("/usr/local/bin/pyrite", PYRITE))

    def test_systemd_takes_it(self):
        result = tools.run(self.analyze, "verify", str(self.unit))
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_it_holds_the_process(self):
        result = tools.run(self.analyze, "security", "--offline=yes",
                           f"--threshold={MOST_EXPOSED}", str(self.unit))
        self.assertEqual(result.returncode, 0, result.stdout)

    def calls_of(self, name):
        """Of a set of systemd's, and the sets in it."""
        found = set()
        for line in tools.run(self.analyze, "syscall-filter", name).stdout.splitlines()[1:]:
            word = line.strip()
            if word.startswith("@"):
                found |= self.calls_of(word)
            elif word and not word.startswith("#"):
                found.add(word)
        return found

    def left(self):
        """The calls that the unit leaves."""
        left = set()
        for value in re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text(), re.M):
            calls = set()
            for word in value.lstrip("~").split():
                calls |= self.calls_of(word) if word.startswith("@") else {word}
            left = left - calls if value.startswith("~") else left | calls
        return left

    def test_the_calls_that_pyrite_makes_are_left(self):
        """Old names, and those of other machines, are not in systemd's sets."""
        wanted = set(re.findall(r'"([a-z_0-9]+)"', CALLS.read_text()))
        known = self.calls_of("@known")
        self.assertGreater(len(wanted & known), 100)
        self.assertEqual(sorted((wanted & known) - self.left()), [])


if __name__ == "__main__":
    unittest.main()
