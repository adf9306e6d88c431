#!/usr/bin/env python3
"""`kill -9` at random moments: what was flushed is there, whatever the moment,
and the next start goes on beside it."""

import datetime
import os
import random
import time
import unittest

import flow
import pprof
import server

ROUNDS = 10 if flow.SANITIZED else 50
FLUSH = 0.1   # seconds
SLACK = 1.0   # for a machine that is busy with other tests
JOBS = 20
PATH = "/debug/pprof/goroutine"
TYPES = (("goroutine", "count"),)


def body(n):
    """Every body brings new names, so that dictionaries are written too."""
    stacks = {(f"work.leaf{n + i}", "main.main"): (i + 1,) for i in range(50)}
    return pprof.encode(TYPES, stacks, TYPES[0], 1)


def logged_at(line):
    text = line.split()[0].removeprefix("time=").replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text).timestamp()


class Kill(flow.FlowTest):
    def round(self, text, after):
        """One run; (profiles that must be there, profiles that may be)."""
        pyrite = flow.Pyrite(self.folder, text, storage=self.folder / "data")
        self.watched = [pyrite]
        try:
            self.wait(lambda: pyrite.find("msg=started"), "it starts", alive=pyrite)
            time.sleep(after)  # the random moment is what is tested
            killed = time.time()
            pyrite.process.kill()
            pyrite.ended()
        finally:
            if pyrite.running():
                pyrite.cleanup()
        stored = [logged_at(line) for line in pyrite.find('msg="profile stored"')]
        return sum(at < killed - FLUSH - SLACK for at in stored), len(stored)

    def test_nothing_flushed_is_lost(self):
        seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
        print(f"SEED={seed}")
        chance = random.Random(seed)
        bodies = [body(n) for n in range(200)]
        target = server.Server({PATH: lambda e: e.reply(
            bodies[target.requests[PATH] % len(bodies)])})
        self.addCleanup(target.close)
        text = flow.config(
            *(flow.job(f"app{i}", target.address, ["goroutines"], interval="100ms")
              for i in range(JOBS)),
            top=f"storage:\n  flush-interval: {int(FLUSH * 1000)}ms\n")
        there, must, may = 0, 0, 0
        for number in range(ROUNDS):
            sure, possible = self.round(text, chance.uniform(0.05, 2.2))
            must, may = must + sure, may + possible
            if may:
                code = 0 if must else None
                now = self.count(code)
                self.assertGreaterEqual(now, there + sure, f"round {number}")
                self.assertLessEqual(now, there + possible, f"round {number}")
                there = now
        print(f"{ROUNDS} kills: {there} profiles there, {must} had to be, {may} could be")
        self.assertGreater(must, ROUNDS)

    def count(self, code):
        try:
            return len(flow.profiles(self.folder / "data"))
        except AssertionError:
            if code == 0:
                raise
            return 0  # nothing was flushed in any round yet


if __name__ == "__main__":
    unittest.main()
