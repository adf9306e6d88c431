#!/usr/bin/env python3
"""Targets that restart, that go away, and that come back."""

import re
import unittest

import flow
import pprof
import server

HEAP = "/debug/pprof/heap"
HUGE = 1 << 33  # bytes or nanoseconds that no interval of these tests can hold


def heap(allocated, in_use=1000):
    """A heap profile of one stack, of which so many bytes were allocated."""
    values = (allocated // 100, allocated, in_use // 100, in_use)
    return pprof.encode(pprof.HEAP_TYPES, {("work.keep", "main.main"): values},
                        ("space", "bytes"), 524288)


class Restart(flow.FlowTest):
    def test_a_go_program_restarts(self):
        kinds = ("mem", "mutex", "block", "goroutines")
        target = self.go_target()
        address = target.address()
        pyrite = self.pyrite(flow.config(flow.job("app", address, kinds)))
        for _ in range(2):
            before = {kind: pyrite.stored(profile=kind) for kind in kinds}
            for kind in kinds:
                self.wait(lambda: pyrite.stored(profile=kind) >= before[kind] + 3,
                          f"three of {kind}", alive=pyrite)
            target.process.kill()
            target.ended()
            self.wait(lambda: pyrite.find("scrape failed.*profile=mem|profile=mem.*refused"),
                      "the failure is logged", alive=pyrite)
            target = self.go_target(listen=address)
        for kind in kinds:
            before = pyrite.stored(profile=kind)
            self.wait(lambda: pyrite.stored(profile=kind) >= before + 2, f"{kind} goes on",
                      alive=pyrite)
        self.stop(pyrite)
        for profile in flow.profiles(pyrite.storage):
            for total in profile["totals"].values():
                self.assertTrue(0 <= total < HUGE, profile)

    def test_counters_that_were_reset(self):
        """Deltas of a known series: 100, 150, 170 | restart | 40, 90."""
        sums = [100000, 150000, 170000, 40000, 90000, 90000]
        served = []

        def route(exchange):
            served.append(sums[min(len(served), len(sums) - 1)])
            return exchange.reply(heap(served[-1]))

        target = server.Server({HEAP: route})
        self.addCleanup(target.close)
        pyrite = self.pyrite(flow.config(flow.job("app", target.address, ["mem"])))
        self.wait(lambda: len(served) > len(sums), "all was served", alive=pyrite)
        self.stop(pyrite)
        totals = [column_totals(profile, "alloc_space")
                  for profile in flow.profiles(pyrite.storage)]
        seen = [total for total in totals if total]
        self.assertEqual(seen[:2], [50000, 20000])
        self.assertEqual(seen[-1], 50000)
        self.assertLessEqual(max(seen), 50000)


def column_totals(profile, name):
    for identity, total in profile["totals"].items():
        if f":{name}:" in identity:
            return total
    return None


class GoneAndBack(flow.FlowTest):
    def test_one_warning_and_one_recovery(self):
        target = self.go_target()
        address = target.address()
        pyrite = self.pyrite(flow.config(flow.job("app", address, ["goroutines"])))
        self.wait(lambda: pyrite.stored(profile="goroutines") >= 1, "it is up", alive=pyrite)
        target.process.kill()
        target.ended()
        self.wait(lambda: pyrite.metric("pyrite_scrape_failures_total", job="app") >= 4,
                  "four scrapes failed", alive=pyrite)
        # A connection that breaks and one that is refused are two reasons.
        self.assertIn(len(pyrite.find('level=warn msg="scrape failed"')), (1, 2))
        self.assertEqual(pyrite.find('msg="scrape recovered"'), [])
        self.assertEqual(pyrite.metric("pyrite_target_up", job="app"), 0)
        self.go_target(listen=address)
        self.wait(lambda: pyrite.find('level=info msg="scrape recovered"'), "it is back",
                  alive=pyrite)
        self.assertEqual(len(pyrite.find('msg="scrape recovered"')), 1)
        self.assertEqual(pyrite.metric("pyrite_target_up", job="app"), 1)
        self.stop(pyrite)

    def test_a_count_instead_of_every_failure(self):
        """Whatever the target says each time, and however often."""
        body = bytes(range(256))
        target = server.Server({HEAP: lambda e: e.reply(body, "503 Busy") if
                                target.requests[HEAP] <= 12 else e.reply(heap(1))})
        self.addCleanup(target.close)
        pyrite = self.pyrite(flow.config(flow.job("app", target.address, ["mem"],
                                                  interval="50ms")))
        self.wait(lambda: pyrite.find('msg="scrape recovered"'), "it is back", alive=pyrite)
        self.stop(pyrite)
        said = [re.search('level=(.*?) msg="(.*?)".* failures=([0-9]+)', line).groups()
                for line in pyrite.find('msg="scrape ') if " level=debug " not in line]
        self.assertEqual(said, [("warn", "scrape failed", "1"),
                                ("warn", "scrape still failing", "10"),
                                ("info", "scrape recovered", "12")])
        self.assertTrue(all(line.isprintable() for line in pyrite.lines), pyrite.text())


if __name__ == "__main__":
    unittest.main()
