#!/usr/bin/env python3
"""CPU profiles as long as their interval leave no gap between them."""

import unittest

import flow


class Coverage(flow.FlowTest):
    def test_back_to_back(self):
        target = self.go_target()
        pyrite = self.pyrite(flow.config(
            flow.job("app", target.address(), ["cpu"], interval="2s",
                     extra=flow.cpu_seconds(2))))
        self.wait(lambda: pyrite.stored(profile="cpu") >= 8, "eight profiles are stored",
                  alive=pyrite)
        coverage = pyrite.metric("pyrite_cpu_coverage_ratio", job="app")
        missed = pyrite.metric("pyrite_scrapes_missed_total")
        self.stop(pyrite)
        print(f"coverage {coverage:.4f}")
        self.assertGreaterEqual(coverage, 0.99)
        self.assertLessEqual(coverage, 1.0)
        self.assertEqual(missed, 0)


if __name__ == "__main__":
    unittest.main()
