#!/usr/bin/env python3
"""All kinds of a real Go program: scraped, stored, exported, and opened by
Go's own tools."""

import unittest

import flow
import go_toolchain
import pprof

KINDS = ("cpu", "mem", "goroutines", "mutex", "block")
COLUMNS = {
    "cpu": {"samples", "cpu"},
    "mem": {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"},
    "goroutines": {"goroutine", "goroutines"},
    "mutex": {"contentions", "delay"},
    "block": {"contentions", "delay"},
}
# A function of test/go/work that must be in the export of each kind.
FUNCTIONS = {"cpu": "work.burn", "mem": "work.keep", "goroutines": "work.park",
             "mutex": "work.contend", "block": "work.contend"}


class GoKinds(flow.FlowTest):
    def export(self, pyrite, kind):
        path = self.folder / f"{kind}.pb.gz"
        pyrite.query("--profile", kind, "--output", "pprof", "-o", str(path), "app{}")
        return path

    def check_export(self, kind, path):
        profile = pprof.decode(path.read_bytes())
        names = {name for name, _ in profile["types"]}
        self.assertTrue(names <= COLUMNS[kind], names)
        self.assertTrue(any(FUNCTIONS[kind] in name for name in profile["functions"]),
                        f"{kind}: {sorted(profile['functions'])[:50]}")
        for values, _ in profile["samples"]:
            self.assertTrue(all(0 <= value < 1 << 50 for value in values), (kind, values))
        raw = flow.go_tool_pprof("-raw", path)
        self.assertIn("Samples:", raw)
        top = flow.go_tool_pprof("-top", "-nodecount=500", path)
        self.assertRegex(top, r"flat%\s+sum%")
        return profile

    def check_cpu(self, path, profile):
        self.assertGreater(profile["duration_ns"], 1e9)
        functions = {labels.get("function") for _, labels in profile["samples"]}
        self.assertTrue({"fast", "slow"} & functions, functions)
        tags = flow.go_tool_pprof("-tags", path)
        self.assertRegex(tags, r"function:[\s\S]*slow")

    def test_all_kinds(self):
        target = self.go_target()
        pyrite = self.pyrite(flow.config(
            flow.job("app", target.address(), KINDS, interval="2s",
                     extra=flow.cpu_seconds(2))))
        for kind in KINDS:
            self.wait(lambda: pyrite.stored(profile=kind) >= 2, f"{kind} is stored twice",
                      alive=pyrite)
        self.assertEqual(pyrite.find("level=(warn|error)"), [])
        self.stop(pyrite)
        exports = {kind: self.export(pyrite, kind) for kind in KINDS}
        found = {kind: self.check_export(kind, path) for kind, path in exports.items()}
        self.check_cpu(exports["cpu"], found["cpu"])
        parked = sum(values[0] for values, _ in found["goroutines"]["samples"])
        stored = pyrite.stored(profile="goroutines")
        self.assertGreaterEqual(parked, 50 * stored)  # merged, so summed

    def go_build(self, package, *flags):
        """The package, built by a Go that knows -pgo: such a one also writes the lines
        that functions start at, which -pgo asks for, into its programs' profiles."""
        output = self.folder / package
        result = flow.tools.run(
            go_toolchain.need("1.21"), "build", *flags, "-o", str(output), package,
            cwd=flow.tools.ROOT / "test/go",
            env=go_toolchain.environment(GOFLAGS=go_toolchain.FLAGS))
        self.assertEqual(result.returncode, 0, result.stderr)
        return output

    def test_an_export_guides_a_build(self):
        target = self.go_target(program=self.go_build("./target"))
        pyrite = self.pyrite(flow.config(
            flow.job("app", target.address(), ("cpu",), interval="2s",
                     extra=flow.cpu_seconds(2))))
        self.wait(lambda: pyrite.stored(profile="cpu"), "cpu is stored", alive=pyrite)
        self.stop(pyrite)
        # All that a package needs is built anew for a profile: strconv needs little.
        self.go_build("strconv", f"-pgo={self.export(pyrite, 'cpu')}")


if __name__ == "__main__":
    unittest.main()
