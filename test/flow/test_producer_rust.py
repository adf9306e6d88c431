#!/usr/bin/env python3
"""Profiles of a Rust program, by the crate pprof."""

import shutil
import tempfile
import unittest

import producer
import cached
import tools

SOURCE = producer.SOURCES / "rust"
FILES = [SOURCE / name for name in ("Cargo.toml", "Cargo.lock", "main.rs")]


def build(part):
    cargo = tools.need("cargo")
    with tempfile.TemporaryDirectory(dir=part) as made:  # of which the program is a tenth
        done = tools.run(cargo, "build", "--locked", "--target-dir", made, cwd=SOURCE)
        if done.returncode:
            tools.skip(f"cargo cannot build {SOURCE}:\n{done.stderr[-4000:]}")
        shutil.copy(f"{made}/debug/target", part)


TARGET = cached.of_files("rust", FILES, build) / "target"


class Rust(producer.ProducerTest):
    def test_cpu(self):
        self.scrape("rust", [TARGET])
        self.expect("cpu", "samples/count cpu/nanoseconds", "cpu nanoseconds",
                    ["target::rust_spins"], label=r"thread:\[spinner\]")
        self.end()


if __name__ == "__main__":
    unittest.main()
