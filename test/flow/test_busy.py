#!/usr/bin/env python3
"""examples/busy: an ordinary program that embeds libpyrite, scrapes itself and
is scraped."""

import http.client
import os
import re
import unittest

import flow
import pprof


class Busy(flow.FlowTest):
    def start(self):
        busy = self.watch(flow.Program([flow.BUSY, "--listen", "127.0.0.1:0",
                                        "--storage", self.folder / "data"]))
        line = self.wait(lambda: busy.find("^busy: http://"), "it listens", alive=busy)[0]
        return busy, re.search(r"http://(\S+)", line).group(1)

    def get(self, address, path):
        connection = http.client.HTTPConnection(address, timeout=flow.PATIENCE)
        connection.request("GET", path)
        response = connection.getresponse()
        self.assertEqual(response.status, 200)
        body = response.read()
        connection.close()
        return body

    def test_it_is_scraped_and_scrapes_itself(self):
        busy, address = self.start()
        self.assertEqual(len(os.listdir(f"/proc/{busy.pid}/task")), 1)
        profile = pprof.decode(self.get(address, "/debug/pprof/profile?seconds=2"))
        self.assertEqual(dict(profile["types"])["cpu"], "nanoseconds")
        self.assertTrue({"sum_orders", "archive_orders"} & profile["functions"],
                        sorted(profile["functions"]))
        heap = pprof.decode(self.get(address, "/debug/pprof/heap"))
        self.assertTrue(heap["samples"])
        self.wait(lambda: busy.find("^mem of "), "it scrapes itself", alive=busy)
        self.assertEqual(len(os.listdir(f"/proc/{busy.pid}/task")), 1)
        self.assertEqual(busy.stop(), 0, busy.text())
        self.assertEqual(busy.find("left open"), [])
        self.assertEqual(len(flow.profiles(self.folder / "data")),
                         len(busy.find("^mem of ")))

    def test_it_cannot_listen_twice(self):
        busy, address = self.start()
        second = self.watch(flow.Program([flow.BUSY, "--listen", address]))
        self.assertEqual(second.ended(), 1)
        self.assertTrue(second.find("^busy: .*in use"))
        self.assertEqual(busy.stop(), 0)


if __name__ == "__main__":
    unittest.main()
