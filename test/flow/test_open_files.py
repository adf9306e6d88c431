#!/usr/bin/env python3
"""More targets than the process may have open files: connections are given up
for others, and the store and the stats endpoint have files left all the time."""

import unittest

import flow
import pprof
import server

PATH = "/debug/pprof/goroutine"
GOROUTINES = (("goroutine", "count"),)
BODY = pprof.encode(GOROUTINES, {("main.main",): (1,)}, GOROUTINES[0], 1)
TARGETS = 60


def limited(soft, hard):
    return ("sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh")


class OpenFiles(flow.FlowTest):
    def target(self):
        """One with a port, and so a connection, of its own."""
        one = server.Server({PATH: lambda exchange: exchange.reply(BODY)})
        self.addCleanup(one.close)
        return one.address

    def jobs(self, count):
        return flow.config(*(flow.job(f"t{i}", self.target(), ["goroutines"])
                             for i in range(count)))

    def test_a_limit_below_the_targets(self):
        pyrite = self.pyrite(self.jobs(TARGETS), prefix=limited(48, 48))
        self.wait(lambda: pyrite.metric("pyrite_store_profiles_total") >= 3 * TARGETS,
                  "all are stored, again and again", alive=pyrite)
        metrics = pyrite.metrics()
        self.assertEqual(metrics["process_max_fds"], 48)
        self.assertLess(metrics["process_open_fds"], 48)
        self.assertEqual(metrics["pyrite_store_write_errors_total"], 0)
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total"), 0, pyrite.text())
        self.assertEqual(len(pyrite.find("fewer scrapes than limits: in-flight.*scrapes=24")), 1)
        self.stop(pyrite)
        self.assertEqual(len(pyrite.query("--output", "series").splitlines()), TARGETS)

    def test_the_soft_limit_is_raised(self):
        pyrite = self.pyrite(self.jobs(1), prefix=limited(48, 3000))
        self.assertEqual(pyrite.metrics()["process_max_fds"], 3000)
        self.assertEqual(pyrite.find("fewer scrapes"), [])


if __name__ == "__main__":
    unittest.main()
