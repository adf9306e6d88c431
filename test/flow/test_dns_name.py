#!/usr/bin/env python3
"""Targets that are names: a DNS server, search domains and the hosts file, as
the system's own files say.  Pyrite runs in a mount namespace where those are
the test's."""

import os
import random
import signal
import unittest

import flow
import pprof
import server

DNS_SERVER = os.environ.get("PYRITE_DNS_SERVER",
                            str(flow.tools.ROOT / "build/debug/test/dns_server"))
PATH = "/debug/pprof/goroutine"
TYPES = (("goroutine", "count"),)
BODY = pprof.encode(TYPES, {("main.main",): (1,)}, TYPES[0], 1)
# $0 and $1 take the places of the system's files; the rest is the program.
MOUNT = ('mount --bind "$0" /etc/resolv.conf && mount --bind "$1" /etc/hosts && '
         'shift && exec "$@"')


class DnsName(flow.FlowTest):
    def setUp(self):
        super().setUp()
        result = flow.tools.run("unshare", "--mount", "true")
        if result.returncode:
            flow.tools.skip(f"no mount namespace here: {result.stderr.strip()}")
        self.host = "127.53.%d.%d" % (random.randrange(256), random.randrange(1, 255))
        self.zone = self.folder / "zone"
        self.zone.write_text("")
        self.dns = self.watch(flow.Program([DNS_SERVER, "--listen", self.host,
                                            "--port", 53, self.zone]))
        self.wait(lambda: self.dns.find("^listening on "), "the DNS server listens",
                  alive=self.dns)

    def load(self, zone):
        """Changes what the DNS server says."""
        count = len(self.dns.find("^loaded"))
        self.zone.write_text(zone)
        self.dns.send(signal.SIGHUP)
        self.wait(lambda: len(self.dns.find("^loaded")) > count, "the zone is loaded",
                  alive=self.dns)

    def pyrite_there(self, config, hosts=""):
        """Pyrite, with the DNS server and the hosts file of the test."""
        resolv = self.folder / "resolv.conf"
        resolv.write_text(f"nameserver {self.host}\nsearch shop.test\n")
        hosts_file = self.folder / "hosts"
        hosts_file.write_text(f"127.0.0.1 localhost\n{hosts}")
        return self.pyrite(config, prefix=["unshare", "--mount", "sh", "-c", MOUNT,
                                           resolv, hosts_file])

    def target(self, **kwargs):
        target = server.Server({PATH: lambda e: e.reply(BODY)}, **kwargs)
        self.addCleanup(target.close)
        return target

    def stored(self, pyrite, job, more=2):
        before = pyrite.stored(job=job)
        self.wait(lambda: pyrite.stored(job=job) >= before + more, f"{job} is scraped",
                  alive=pyrite)

    def test_names_are_scraped(self):
        """Full and short names, aliases, names of the hosts file; a name that
        is not there harms only itself."""
        port = self.target().address.split(":")[1]
        self.load("api.shop.test 60 A 127.0.0.1\n"
                  "api.shop.test 60 AAAA ::1\n"  # where nobody listens
                  "alias.shop.test 60 CNAME api.shop.test\n")
        names = {"full": "api.shop.test", "short": "api", "alias": "alias.shop.test",
                 "local": "localhost", "hosted": "hosted", "gone": "gone.shop.test"}
        pyrite = self.pyrite_there(
            flow.config(*(flow.job(job, f"{name}:{port}", ["goroutines"], interval="300ms")
                          for job, name in names.items())),
            hosts="127.0.0.1 hosted\n")
        for job in names:
            if job != "gone":
                self.stored(pyrite, job)
        line = self.wait(lambda: pyrite.find('msg="scrape failed" job=gone '),
                         "one fails", alive=pyrite)[0]
        self.assertIn("resolve gone.shop.test: no such name", line)
        self.assertGreater(pyrite.metric("pyrite_scrape_failures_total", job="gone",
                                         reason="dns"), 0)
        for job in names:
            if job != "gone":
                self.assertEqual(
                    pyrite.metric("pyrite_scrape_failures_total", job=job), 0, job)
        self.stop(pyrite)

    def test_answers_that_lie(self):
        """Each costs only its own name; a good one with a stranger's answer before it,
        or that is first cut, is found."""
        port = self.target().address.split(":")[1]
        self.load("good.shop.test 1 A 127.0.0.1\n"
                  "stranger.shop.test 0 STRANGER\nstranger.shop.test 1 A 127.0.0.1\n"
                  "cut.shop.test 0 TRUNCATE\ncut.shop.test 1 A 127.0.0.1\n"
                  "junk.shop.test 0 GARBAGE\n"
                  "silent.shop.test 0 DROP\n"
                  "refused.shop.test 0 REFUSED\n"
                  "loop.shop.test 60 CNAME loop.shop.test\n"
                  "dangling.shop.test 60 CNAME nowhere.shop.test\n"
                  "empty.shop.test 60 TXT nothing\n")
        good = ("good", "stranger", "cut")
        bad = {"junk": ("timeout", "timed out after 2s .*, resolving"),
               "silent": ("timeout", "timed out after 2s .*, resolving"),
               "refused": ("dns", "no DNS server answers, or all of them fail"),
               "loop": ("dns", "the name has no address"),
               "dangling": ("dns", "no such name"),
               "empty": ("dns", "the name has no address")}
        pyrite = self.pyrite_there(flow.config(
            *(flow.job(job, f"{job}.shop.test:{port}", ["goroutines"], interval="300ms",
                       extra="scrape-timeout: 2s" if job in bad else "")
              for job in (*good, *bad))))
        for job in good:
            self.stored(pyrite, job)
        for job, (reason, text) in bad.items():
            line = self.wait(lambda: pyrite.find(f'msg="scrape failed" job={job} '),
                             f"{job} fails", alive=pyrite)[0]
            self.assertRegex(line, text)
            self.assertGreater(pyrite.metric("pyrite_scrape_failures_total", job=job,
                                             reason=reason), 0, line)
        for job in good:
            self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job=job), 0, job)
        self.stop(pyrite)

    def test_an_address_that_moves_is_followed(self):
        old = self.target()
        port = int(old.address.split(":")[1])
        new = self.target(listen="127.0.0.2", port=port)
        self.load("api.shop.test 1 A 127.0.0.1\n")
        pyrite = self.pyrite_there(
            flow.config(flow.job("api", f"api.shop.test:{port}", ["goroutines"],
                                 interval="300ms")))
        self.stored(pyrite, "api")
        self.assertEqual(new.requests[PATH], 0)
        self.load("api.shop.test 1 A 127.0.0.2\n")
        old.close()  # with the next answer, its connections end, too
        self.wait(lambda: new.requests[PATH] >= 2, "the new address is scraped",
                  alive=pyrite)
        self.stored(pyrite, "api")
        self.stop(pyrite)

    def test_a_dns_server_that_comes_late_is_asked_again(self):
        address = self.target().address
        self.dns.stop()
        pyrite = self.pyrite_there(flow.config(
            flow.job("api", f"api.shop.test:{address.split(':')[1]}", ["goroutines"]),
            flow.job("plain", address, ["goroutines"])))
        line = self.wait(lambda: pyrite.find('msg="scrape failed" job=api '),
                         "it fails", alive=pyrite)[0]
        self.assertIn("resolve api.shop.test: no DNS server answers, or all of them fail",
                      line)
        self.stored(pyrite, "plain")
        self.zone.write_text("api.shop.test 1 A 127.0.0.1\n")
        self.watch(flow.Program([DNS_SERVER, "--listen", self.host, "--port", 53,
                                 self.zone]))
        self.stored(pyrite, "api")
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job="plain"), 0)
        self.stop(pyrite)


if __name__ == "__main__":
    flow.become_root()
    unittest.main()
