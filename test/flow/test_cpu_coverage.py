#!/usr/bin/env python3
"""CPU profiles as long as their interval leave no gap between them."""

import unittest

import flow


class Coverage(flow.FlowTest):
    def test_back_to_back(self):
        # Go's end of a profile waits for its writer, which looks every 100 ms, and a
        # machine that is busy with other tests adds to it: 2 to 3 % of five seconds.
        # A scrape that is left out costs 25 %.
        target = self.go_target()
        pyrite = self.pyrite(flow.config(
            flow.job("app", target.address(), ["cpu"], interval="5s",
                     extra=flow.cpu_seconds(5))))
        self.wait(lambda: pyrite.stored(profile="cpu") >= 4, "four profiles are stored",
                  alive=pyrite, timeout=2 * flow.PATIENCE)
        coverage = pyrite.metric("pyrite_cpu_coverage_ratio", job="app")
        missed = pyrite.metric("pyrite_scrapes_missed_total")
        self.stop(pyrite)
        print(f"coverage {coverage:.4f}")
        self.assertGreaterEqual(coverage, 0.9)
        self.assertLessEqual(coverage, 1.0)
        self.assertEqual(missed, 0)


if __name__ == "__main__":
    unittest.main()
