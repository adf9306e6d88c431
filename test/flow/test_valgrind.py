#!/usr/bin/env python3
"""A clean shutdown under load, with memcheck looking on: the optimised build
does nothing that is undefined to memory, and nothing is left."""

import signal
import unittest

import flow

KINDS = ("cpu", "mem", "goroutines", "mutex", "block")
SLOWER = 8  # times, at the most


class Valgrind(flow.FlowTest):
    def test_sigterm_under_load(self):
        valgrind = [flow.tools.need("valgrind"), "--quiet", "--error-exitcode=99",
                    "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]
        jobs = [flow.job(f"app{i}", self.go_target("-share", "0.05").address(), KINDS,
                         extra=flow.cpu_seconds(1)) for i in range(2)]
        # valgrind makes calls of its own.
        pyrite = self.pyrite(flow.config(*jobs), prefix=valgrind,
                             arguments=["--sandbox", "off"])
        self.wait(lambda: pyrite.stored() >= 15, "there is load", alive=pyrite,
                  timeout=SLOWER * flow.PATIENCE)
        self.stop(pyrite, signal.SIGTERM)
        self.assertEqual(pyrite.find("^=="), [])
        self.assertEqual(len(flow.profiles(pyrite.storage)), pyrite.stored())


if __name__ == "__main__":
    unittest.main()
