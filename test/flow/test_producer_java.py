#!/usr/bin/env python3
"""Profiles of a Java program, by async-profiler and its converter."""

import unittest

import producer
import cached
import tools

SOURCE = producer.SOURCES / "java"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def install(part):
    maven = tools.need("mvn")
    done = tools.run(maven, "-q", "-B", "-f", SOURCE / "pom.xml", COPY, f"-DoutputDirectory={part}")
    if done.returncode:  # where others are reached, Maven's registry may not be
        tools.leave_out(f"mvn cannot fetch what {SOURCE}/pom.xml names:\n{done.stdout[-2000:]}")


JAVA = tools.need("java")
PACKAGES = cached.of_files("java", [SOURCE / "pom.xml"], install)


class Java(producer.ProducerTest):
    def test_cpu_and_alloc(self):
        self.scrape("java", [JAVA, "-Xmx64m", "-XX:+UseSerialGC", "-cp", PACKAGES / "*",
                             SOURCE / "Target.java"])
        self.expect("cpu", "cpu/count", " ", ["Target.javaSpins"], label=r"thread:\[\[main tid=")
        self.expect("alloc", "allocations/bytes", " ", ["Target.javaAllocates"])
        self.end()


if __name__ == "__main__":
    unittest.main()
