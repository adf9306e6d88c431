#!/usr/bin/env python3
"""A short soak: while connections are reset, answers stall and targets restart, nothing
that the process holds grows; and when the targets are gone, all of it is given back.
bench/soak/run.py is a long one."""

import signal
import unittest

import flow
import soak

TARGETS = 50 if flow.SANITIZED else 250
WARM, ROUND, SAMPLES = 8 * TARGETS, 2 * TARGETS, 16  # scrapes
# By how much the line through the samples may rise, in units of soak.HELD.  Connections that
# have just been lost, and are not there again, differ from sample to sample.
LOST = max(10, TARGETS / 10)
RISE = {"resident": 1024, "accounts": 1024, "fds": LOST, "timers": 1, "handles": LOST}
TABLES = 16 << 10  # bytes, that have room for more targets than there are again
if flow.SANITIZED:
    del RISE["resident"]  # freed memory is kept for a while


class Soak(flow.FlowTest):
    def configure(self, text):
        path = self.folder / "live.yml"
        path.write_text(text)
        return path

    def config(self, targets):
        return soak.config(targets, "200ms", "1s", "2s")

    def reload(self, pyrite, text):
        def reloads():
            return len(pyrite.find('msg="configuration reloaded"'))
        before = reloads()
        self.configure(text)
        pyrite.send(signal.SIGHUP)
        self.wait(lambda: reloads() > before, "it is reloaded", alive=pyrite)

    def scrapes(self, pyrite, least):
        """Waits until so many have ended; the metrics that said so."""
        def found():
            metrics = pyrite.metrics()
            return metrics if soak.total(metrics, "pyrite_scrapes_total") >= least else None
        return self.wait(found, f"{least} scrapes", alive=pyrite)

    def observe(self, pyrite):
        samples = []
        for number in range(SAMPLES):
            metrics = self.scrapes(pyrite, WARM + number * ROUND)
            samples.append((soak.total(metrics, "pyrite_scrapes_total"),
                            soak.held(pyrite, metrics)))
        return samples

    def test_soak(self):
        targets = self.watch(soak.load_target(TARGETS, seed=1))
        self.wait(lambda: targets.find("^listening on "), "targets listen", alive=targets)
        idle = self.config(0)
        pyrite = self.pyrite(arguments=["--config", self.configure(idle)], log_level="info")
        before = pyrite.metrics()
        self.reload(pyrite, self.config(TARGETS))
        samples = self.observe(pyrite)
        targets.send(signal.SIGUSR1)
        faults = self.wait(lambda: targets.find("^faults: "), "its faults end", alive=targets)
        print(faults[0], *soak.describe(samples), sep="\n")
        rises = soak.growth(samples)
        for name, most in RISE.items():
            self.assertLess(rises[name], most, name)
        self.reload(pyrite, idle)
        targets.send(signal.SIGTERM)
        targets.ended()
        self.check_returned(pyrite, before)

    def check_returned(self, pyrite, before):
        """To the last handle, timer and file, but for the segment that is open now."""
        allowed = {"process_open_fds": 1, "pyrite_timers": 0, "pyrite_loop_handles": 0}

        def is_back():
            now = pyrite.metrics()
            return (soak.scrapes_hold(now) <= soak.scrapes_hold(before) + TABLES and
                    all(now[name] <= before[name] + more for name, more in allowed.items()))
        self.wait(is_back, "all is given back", alive=pyrite)


if __name__ == "__main__":
    unittest.main()
