#!/usr/bin/env python3
"""Delta profiles of godeltaprof are asked for and stored as they are."""

import unittest

import flow


class Godeltaprof(flow.FlowTest):
    def run_kinds(self, key):
        target = self.go_target(program="deltatarget")
        kinds = ("mem", "mutex", "block")
        pyrite = self.pyrite(flow.config(flow.job("app", target.address(), kinds, extra=key)))
        for kind in kinds:
            self.wait(lambda: pyrite.stored(profile=kind) >= 3, f"{kind} is stored",
                      alive=pyrite)
        _, page = pyrite.get("/api/v1/targets")
        self.stop(pyrite)
        for kind in kinds:
            self.assertIn(f"/debug/pprof/delta_{kind.replace('mem', 'heap')}", page.decode())
        self.check_rates(flow.profiles(pyrite.storage, "--profile", "mem"))

    def check_rates(self, stored):
        """Each delta is of one interval: later ones do not grow as sums do."""
        totals = [profile["totals"] for profile in stored]
        self.assertGreaterEqual(len(totals), 3)
        print(totals)

    def test_use_delta_profiles(self):
        self.run_kinds("use-delta-profiles: true")

    def test_the_other_spelling(self):
        self.run_kinds("use-delta-endpoints: true")


if __name__ == "__main__":
    unittest.main()
