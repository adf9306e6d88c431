#!/usr/bin/env python3
"""Profiles of a Python program, by pypprof, zprofile and mprofile."""

import os
import sys
import unittest

import producer
import python_packages

PACKAGES = python_packages.folder("pypprof")


class Python(producer.ProducerTest):
    def test_all_kinds(self):
        self.scrape("python", [sys.executable, producer.SOURCES / "python/target.py"],
                    env=dict(os.environ, PYTHONPATH=str(PACKAGES), PYTHONDONTWRITEBYTECODE="1"))
        self.expect("cpu", "sample/count CPU/nanoseconds", "CPU nanoseconds", ["python_spins"])
        self.expect("wall", "sample/count wall/nanoseconds", "wall nanoseconds",
                    ["python_spins"])
        self.expect("mem", "sample/count HEAP/bytes", "HEAP bytes", ["python_holds"])
        self.expect("threads", "sample/count THREADS/count", "THREADS count",
                    ["python_spins", "take_snapshot"])
        self.end()


if __name__ == "__main__":
    unittest.main()
