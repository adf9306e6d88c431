#!/usr/bin/env python3
"""What `cmake --install` lays down is enough to embed Pyrite: a program is
built against it through pkg-config and through find_package, and run."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402

BUILD = os.environ["PYRITE_BUILD"]
CC = os.environ.get("CC", "cc")
CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = pathlib.Path(cls.folder.name) / "prefix"
        cls.check(tools.run("cmake", "--install", BUILD, "--prefix", str(cls.prefix)))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def check(result):
        if result.returncode:
            raise AssertionError(f"{result.args}\n{result.stdout}{result.stderr}")
        return result.stdout

    def test_the_binary_runs(self):
        binary = self.prefix / "bin" / "pyrite"
        self.assertIn("0.1.0", self.check(tools.run(str(binary), "--version")))

    def test_a_consumer_by_pkg_config(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(next(self.prefix.rglob("pyrite.pc")).parent))
        flags = self.check(tools.run("pkg-config", "--static", "--cflags", "--libs",
                                     "pyrite", env=env)).split()
        program = os.path.join(self.folder.name, "by-pkg-config")
        self.check(tools.run(CC, str(CONSUMER / "consumer.c"), "-o", program, *flags))
        self.assertIn("pyrite 0.1.0", self.check(tools.run(program)))

    def test_a_consumer_by_find_package(self):
        build = os.path.join(self.folder.name, "by-cmake")
        self.check(tools.run("cmake", "-G", "Ninja", "-S", str(CONSUMER), "-B", build,
                             f"-DCMAKE_PREFIX_PATH={self.prefix}"))
        self.check(tools.run("cmake", "--build", build))
        self.assertIn("pyrite 0.1.0", self.check(tools.run(f"{build}/consumer")))


if __name__ == "__main__":
    unittest.main()
