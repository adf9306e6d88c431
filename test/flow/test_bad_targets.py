#!/usr/bin/env python3
"""Targets that answer badly, slowly or too much: each fails under its own
reason, and harms no other."""

import gzip
import time
import unittest

import flow
import pprof
import server

PATH = "/debug/pprof/goroutine"
GOROUTINES = (("goroutine", "count"),)
GOOD = pprof.encode(GOROUTINES, {("main.main",): (1,)}, GOROUTINES[0], 1)
# 80 MiB in 80 KB, in fields that are not known: only the limit ends it.
BOMB = gzip.compress((b"\xa2\x06\x80\x80\x04" + b"\0" * (1 << 16)) * (80 << 4), 9)


def raw(data):
    """A route that sends these bytes and hangs up."""
    return lambda exchange: exchange.send(data)


def chunked(body):
    pieces = [body[at:at + 7] for at in range(0, len(body), 7)] + [b""]
    text = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + text


def length(body, claimed):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % claimed + body


def slowly(exchange):
    """One byte now and then, for ever."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for at in range(100000):
        exchange.send(GOOD[at % len(GOOD):][:1])
        time.sleep(0.2)


# name: (route, pattern of the warning)
BAD = {
    "not_found": (None, "404 Not Found: 404 page not found"),
    "cpu_in_use": (lambda e: e.reply(
        b"Could not enable CPU profiling: cpu profiling already in use\n",
        "500 Internal Server Error"),
        "500 Internal Server Error: Could not enable CPU profiling: "
        "cpu profiling already in use"),
    "html": (lambda e: e.reply(b"<html>it works</html>"), "at byte 0"),
    "empty": (lambda e: e.reply(b""), "error="),
    "truncated": (raw(length(GOOD[:40], len(GOOD))), "error="),
    "cut_gzip": (lambda e: e.reply(GOOD[:-12]), "error="),
    "flipped": (lambda e: e.reply(GOOD[:30] + bytes([GOOD[30] ^ 255]) + GOOD[31:]), "error="),
    "not_http": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "error="),
    "header_flood": (raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20000), "header"),
    "bomb": (lambda e: e.reply(BOMB), "limit"),
    "two_lengths": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
                    "error="),
    "redirect_loop": (lambda e: e.reply(b"", "302 Found", Location=PATH), "redirect"),
    "other_host": (lambda e: e.reply(b"", "302 Found", Location="http://127.0.0.9:1/x"),
                   "redirect"),
    "hangs_up": (raw(b""), "error="),
    "slow": (slowly, r"timeout|timed out|deadline"),
}


class BadTargets(flow.FlowTest):
    def serve(self, routes):
        target = server.Server(routes)
        self.addCleanup(target.close)
        return target.address

    def test_each_fails_alone(self):
        good = {PATH: raw(chunked(GOOD))}
        jobs = [flow.job("good", self.serve(good), ["goroutines"])]
        for name, (route, _) in BAD.items():
            routes = {} if route is None else {PATH: route}
            jobs.append(flow.job(name, self.serve(routes), ["goroutines"],
                                 extra="scrape-timeout: 1s" if name == "slow" else ""))
        pyrite = self.pyrite(flow.config(*jobs))
        for name, (_, pattern) in BAD.items():
            lines = self.wait(
                lambda: pyrite.find(f'level=warn msg="scrape failed" job={name} '),
                f"{name} fails", alive=pyrite)
            self.assertRegex(lines[0], pattern, name)
        before = pyrite.stored(job="good")
        self.wait(lambda: pyrite.stored(job="good") >= before + 3, "the good one goes on",
                  alive=pyrite)
        for name in BAD:
            self.assertEqual(pyrite.stored(job=name), 0, name)
            self.assertGreaterEqual(
                pyrite.metric("pyrite_scrape_failures_total", job=name), 1, name)
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job="good"), 0)
        self.check_memory(pyrite)
        self.stop(pyrite)
        jobs = {profile["labels"]["job"] for profile in flow.profiles(pyrite.storage)}
        self.assertEqual(jobs, {"good"})

    def check_memory(self, pyrite):
        """The 80 MiB of the bomb were never held."""
        with open(f"/proc/{pyrite.pid}/status") as status:
            peak = [int(line.split()[1]) for line in status if line.startswith("VmHWM")][0]
        print(f"VmHWM {peak} kB")
        if not flow.SANITIZED:
            self.assertLess(peak, 40000)

    def test_a_profile_that_is_not_there(self):
        """Said once, and asked for no more for a while."""
        other = "/debug/pprof/mutex"
        target = server.Server({PATH: lambda e: e.reply(GOOD)})
        self.addCleanup(target.close)
        pyrite = self.pyrite(flow.config(flow.job(
            "app", target.address, ["goroutines", "mutex"], interval="50ms")))
        self.wait(lambda: pyrite.find('level=warn msg="profile is absent; .* profile=mutex '),
                  "it is absent", alive=pyrite)
        before = pyrite.stored(profile="goroutines")
        self.wait(lambda: pyrite.stored(profile="goroutines") >= before + 20,
                  "the other one goes on", alive=pyrite)
        self.assertEqual(target.requests[other], 3)
        self.assertEqual(len(pyrite.find('msg="profile is absent; ')), 1)
        self.stop(pyrite)

    def test_body_limit(self):
        """The limit counts inflated bytes: the body's own size passes, one
        byte less does not."""
        size = len(gzip.decompress(GOOD))
        address = self.serve({PATH: lambda e: e.reply(GOOD)})
        other = self.serve({PATH: lambda e: e.reply(GOOD)})
        pyrite = self.pyrite(flow.config(
            flow.job("fits", address, ["goroutines"], extra=f"body-size-limit: {size}B"),
            flow.job("over", other, ["goroutines"], extra=f"body-size-limit: {size - 1}B")))
        self.wait(lambda: pyrite.stored(job="fits") >= 1, "one fits", alive=pyrite)
        line = self.wait(lambda: pyrite.find("job=over .*error="), "one is over", alive=pyrite)[0]
        self.assertRegex(line, "body-size-limit|limit")
        self.assertEqual(pyrite.stored(job="over"), 0)
        self.stop(pyrite)

    def test_limits_of_a_job(self):
        """What passes a limit is not asked, and says which one."""
        address, other, good = (self.serve({PATH: lambda e: e.reply(GOOD)})
                                for _ in range(3))
        two = flow.job("two", address, ["goroutines"], extra="target-limit: 1")
        pyrite = self.pyrite(flow.config(
            two.replace(f"['{address}']", f"['{address}', '{other}']"),
            flow.job("labels", address, ["goroutines"], extra="label-limit: 1"),
            flow.job("name", address, ["goroutines"], extra="label-name-length-limit: 3"),
            flow.job("value", address, ["goroutines"], extra="label-value-length-limit: 3"),
            flow.job("good", good, ["goroutines"], extra="target-limit: 1\nlabel-limit: 9")))
        for name, limit in (("two", "target-limit"), ("labels", "label-limit"),
                            ("name", "label-name-length-limit"),
                            ("value", "label-value-length-limit")):
            self.wait(lambda: pyrite.find(f"job={name} .*{limit} exceeded"), limit, alive=pyrite)
            self.assertEqual(pyrite.stored(job=name), 0, name)
            self.assertGreaterEqual(pyrite.metric(
                "pyrite_scrape_failures_total", job=name, reason="limit"), 1, name)
        self.wait(lambda: pyrite.stored(job="good") >= 1, "the good one is", alive=pyrite)
        self.stop(pyrite)

    def test_control_characters_stay_out_of_the_log(self):
        address = self.serve({PATH: lambda e: e.reply(b"\x1b[2J\nlevel=error\xff\0",
                                                      "500 Oops")})
        pyrite = self.pyrite(flow.config(flow.job("app", address, ["goroutines"])))
        self.wait(lambda: pyrite.find("scrape failed"), "it fails", alive=pyrite)
        self.stop(pyrite)
        text = pyrite.text()
        self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f]")
        self.assertEqual(pyrite.find("^level=error"), [])


if __name__ == "__main__":
    unittest.main()
