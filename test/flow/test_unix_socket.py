#!/usr/bin/env python3
"""Go programs that serve on a unix socket, named by the address or beside it."""

import unittest

import flow

KINDS = ["cpu", "mem"]
SECONDS = flow.cpu_seconds(1)


class UnixSocket(flow.FlowTest):
    def test_both_ways_to_say_it(self):
        paths = [self.folder / "a.sock", self.folder / "b.sock"]
        for path in paths:
            self.go_target(listen=f"unix:{path}")
        beside = flow.job("beside", "shop.example:6060", KINDS, "2s", SECONDS)
        pyrite = self.pyrite(flow.config(
            flow.job("address", f"unix:{paths[0]}", KINDS, "2s", SECONDS),
            beside + f"        labels: {{__unix_socket__: {paths[1]}}}\n",
            flow.job("absent", f"unix:{self.folder}/none.sock", KINDS, "2s", SECONDS)))
        for name in ("address", "beside"):
            for kind in KINDS:
                self.wait(lambda: pyrite.stored(job=name, profile=kind) > 1, f"{name} {kind}",
                          alive=pyrite)
        self.wait(lambda: pyrite.find("job=absent .*connect to unix:.*/none.sock: no such file"),
                  "the absent one is named", alive=pyrite)
        self.assertEqual(pyrite.stored(job="absent"), 0)
        self.stop(pyrite)
        instances = {profile["labels"]["job"]: profile["labels"]["instance"]
                     for profile in flow.profiles(pyrite.storage)}
        self.assertEqual(instances, {"address": f"unix:{paths[0]}",
                                     "beside": "shop.example:6060"})


if __name__ == "__main__":
    unittest.main()
