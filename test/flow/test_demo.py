#!/usr/bin/env python3
"""`deps/bootstrap demo`, as the README tells newcomers to run it."""

import signal
import unittest

import flow

BOOTSTRAP = flow.tools.ROOT / "deps" / "bootstrap"


class Demo(flow.FlowTest):
    def start(self, *arguments):
        return self.watch(flow.Program([BOOTSTRAP, "demo", *arguments],
                                       cwd=self.folder, start_new_session=True))

    def check_output(self, demo):
        self.assertTrue(demo.find('"profile stored" job=busy .*profile=cpu'))
        self.assertTrue(demo.find(r"(sum|archive)_orders|deflate|json"))
        self.assertEqual(demo.find(r"%\s+0x[0-9a-f]+$"), [], "functions without a name")
        self.assertTrue(demo.find("http://127.0.0.1:4041/"))
        self.assertTrue(demo.find("pyrite query .*--output pprof"))
        self.assertEqual(demo.find("level=(warn|error)"), [])

    def test_once(self):
        demo = self.start("--once")
        self.assertEqual(demo.ended(240), 0, demo.text())
        self.check_output(demo)

    def test_ctrl_c_before_there_is_a_table(self):
        demo = self.start()
        self.wait(lambda: demo.find("msg=started"), "Pyrite runs", timeout=240, alive=demo)
        flow.os.killpg(demo.pid, signal.SIGINT)
        self.assertEqual(demo.ended(), 0, demo.text())
        self.assertEqual(demo.find("^busy: |level=(warn|error)"), [])

    def test_ctrl_c(self):
        demo = self.start()
        self.wait(lambda: demo.find("^Ctrl-C ends it"), "the table is there",
                  timeout=240, alive=demo)
        flow.os.killpg(demo.pid, signal.SIGINT)
        self.assertEqual(demo.ended(), 0, demo.text())
        self.check_output(demo)


if __name__ == "__main__":
    unittest.main()
