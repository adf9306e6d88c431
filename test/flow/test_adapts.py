#!/usr/bin/env python3
"""What targets really do, and that Pyrite lives with it: old and odd HTTP,
endpoints that are not there, CPU profiles that somebody else takes, servers that
end their responses early, restarts, and requests to be left alone."""

import collections
import http.client
import json
import threading
import time
import unittest

import flow
import pprof
import server

PATH, HEAP, CPU = (f"/debug/pprof/{name}" for name in ("goroutine", "heap", "profile"))
GOROUTINES = (("goroutine", "count"),)
GOOD = pprof.encode(GOROUTINES, {("main.main",): (1,)}, GOROUTINES[0], 1)
BUSY = b"Could not enable CPU profiling: cpu profiling already in use\n"


def raw(head, body=GOOD, stays=False):
    """A route that answers with these lines, and hangs up unless it `stays`."""
    def route(exchange):
        exchange.send(head.encode() + b"\r\n\r\n" + body)
        return stays
    return route


CHUNKS = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(GOOD[at:at + 9]), GOOD[at:at + 9])
                  for at in range(0, len(GOOD), 9)) + b"0\r\nTrailer: x\r\n\r\n"
ODD = {
    "http10": raw("HTTP/1.0 200 OK"),
    "http10_length": raw(f"HTTP/1.0 200 OK\r\nContent-Length: {len(GOOD)}"),
    "close": raw(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(GOOD)}"),
    "to_the_end": raw("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream"),
    "lower_case": raw(f"HTTP/1.1 200 ok\r\ncontent-length:{len(GOOD)}\r\n"
                      "connection:  Keep-Alive", stays=True),
    "no_reason": raw(f"HTTP/1.1 200\r\nCONTENT-LENGTH: {len(GOOD)}", stays=True),
    "interim": raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                   f"HTTP/1.1 200 OK\r\nContent-Length: {len(GOOD)}", stays=True),
    "html": raw("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                f"Content-Length: {len(GOOD)}", stays=True),
    "no_type": raw(f"HTTP/1.1 200 OK\r\nContent-Type:\r\nContent-Length: {len(GOOD)}", stays=True),
    "encoded": raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                   f"Content-Length: {len(GOOD)}", stays=True),
    "chunks": raw("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked", CHUNKS, stays=True),
}


class Adapts(flow.FlowTest):
    """Each part says which jobs it needs, and what must have come of them; all
    run beside each other, as most of it is waiting."""

    def serve(self, routes, port=0):
        target = server.Server(routes, port=port)
        self.addCleanup(target.close)
        return target

    def stored(self, pyrite, name, count=2, **fields):
        self.wait(lambda: pyrite.stored(job=name, **fields) >= count, f"{name} {fields}",
                  alive=pyrite)

    def failures(self, pyrite, name, **labels):
        return pyrite.metric("pyrite_scrape_failures_total", job=name, **labels)

    def test_all_beside_each_other(self):
        parts = [self.retry_after(), self.back_off(), self.busy(), self.taken(),
                 self.write_timeout(), self.absent(), self.odd_http()]
        pyrite = self.pyrite(flow.config(*(job for jobs, _ in parts for job in jobs)))
        for _, check in parts:
            check(pyrite)
        self.stop(pyrite)

    def odd_http(self):
        jobs = [flow.job(name, self.serve({PATH: route}).address, ["goroutines"])
                for name, route in ODD.items()]

        def check(pyrite):
            for name in ODD:
                self.stored(pyrite, name)
                self.assertEqual(self.failures(pyrite, name), 0, name)
        return jobs, check

    def health(self, pyrite, name, profile):
        """Of the only target of a job and of its profile, as the API tells it."""
        status, body = pyrite.get("/api/v1/targets")
        self.assertEqual(status, 200)
        target, = (target for target in json.loads(body)["data"]["activeTargets"]
                   if target["labels"]["job"] == name)
        return target["health"], {entry["profile"]: entry["health"]
                                  for entry in target["profiles"]}.get(profile)

    def absent(self):
        good = {PATH: lambda e: e.reply(GOOD)}
        target = self.serve(good)
        jobs = [flow.job("absent", target.address, ["goroutines", "mem"])]

        def check(pyrite):
            self.wait(lambda: pyrite.find("profile is absent;.*job=absent .*profile=mem .*404"),
                      "it is absent", alive=pyrite)
            self.assertEqual(target.requests[HEAP], 3)
            self.assertEqual(self.health(pyrite, "absent", "mem"), ("up", "absent"))
            self.stored(pyrite, "absent", pyrite.stored(job="absent") + 3)
            self.assertEqual(target.requests[HEAP], 3)
            # It goes away, and comes back as another version of itself.
            target.close()
            self.wait(lambda: pyrite.find("job=absent .*profile=goroutines .*error="),
                      "it is down", alive=pyrite)
            port = int(target.address.rsplit(":", 1)[1])
            self.serve(dict(good, **{HEAP: lambda e: e.reply(GOOD)}), port)
            self.stored(pyrite, "absent", 1, profile="mem")
            self.assertTrue(pyrite.find("scrape recovered.*job=absent .*profile=goroutines"))
            self.assertEqual(self.health(pyrite, "absent", "mem"), ("up", "up"))
        return jobs, check

    def taken(self):
        """Somebody takes a CPU profile of a real Go program meanwhile."""
        target = self.go_target()

        def take():
            client = http.client.HTTPConnection(target.address(), timeout=60)
            client.request("GET", f"{CPU}?seconds=5")
            client.getresponse().read()
            client.close()

        other = threading.Thread(target=take)
        other.start()
        self.addCleanup(other.join)

        def check(pyrite):
            self.wait(lambda: pyrite.find("scrape failed.*job=taken .*profiling already in use"),
                      "it is in use", alive=pyrite)
            self.stored(pyrite, "taken", 1)
            self.assertGreaterEqual(self.failures(pyrite, "taken", reason="cpu_in_use"), 1)
        return [flow.job("taken", target.address(), ["cpu"], "2s", flow.cpu_seconds(1))], check

    def busy(self):
        """It is tried again within the interval."""
        times = []

        def route(exchange):
            times.append(time.monotonic())
            if len(times) == 1:
                return exchange.reply(BUSY, "500 Internal Server Error")
            return exchange.reply(GOOD)

        def check(pyrite):
            self.stored(pyrite, "busy", 1)
            # A failure of another kind would wait for the next interval.
            self.assertLess(times[1] - times[0], 12)
        return [flow.job("busy", self.serve({CPU: route}).address, ["cpu"], "12s",
                         flow.cpu_seconds(1))], check

    def write_timeout(self):
        """A server that says what it does not allow, one that does not, and Go's,
        which does the one or the other, or, since Go 1.22, waits."""
        asked = collections.Counter()
        serving = threading.Event()
        self.addCleanup(serving.set)

        def refuse(exchange):
            if exchange.path.endswith("seconds=4"):
                return exchange.reply(b"profile duration exceeds server's WriteTimeout\n",
                                      "400 Bad Request")
            return exchange.reply(GOOD)

        def cut(exchange):
            """Ends what takes longer than two seconds, without a word."""
            seconds = exchange.path.rsplit("=", 1)[1]
            asked[seconds] += 1
            if int(seconds) < 2:
                return exchange.reply(GOOD)
            serving.wait(2)
            return False

        go = self.go_target("-write-timeout", "3s")
        jobs = [flow.job(name, address, ["cpu"], f"{seconds}s", flow.cpu_seconds(seconds))
                for name, address, seconds in (
                    ("refusing", self.serve({CPU: refuse}).address, 4),
                    ("cutting", self.serve({CPU: cut}).address, 3), ("go", go.address(), 4))]

        def check(pyrite):
            lowered = "profile duration lowered .* raise its write timeout .*job=%s "
            for name, seconds in (("refusing", 2), ("cutting", 1), ("go", 2)):
                self.stored(pyrite, name)
                lines = pyrite.find(lowered % name)
                self.assertEqual(len(lines), self.failures(pyrite, name) > 0, name)
                self.assertTrue(all(f"lowered-to={seconds}s" in line for line in lines))
            self.assertEqual(asked["3"], 2)
        return jobs, check

    def back_off(self):
        down = self.serve({})
        down.close()
        port = int(down.address.rsplit(":", 1)[1])
        good = {PATH: lambda e: e.reply(GOOD)}

        def check(pyrite):
            self.stored(pyrite, "good", 8)
            failures = self.failures(pyrite, "down")
            self.assertGreaterEqual(failures, 2)
            # 1, 2, 4, 5, 5, ... intervals.
            self.assertLessEqual(failures, 5 + pyrite.stored(job="good") / 5)
            self.serve(good, port)
            self.stored(pyrite, "down", 3)
            self.assertEqual(len(pyrite.find("scrape recovered.*job=down ")), 1)
        return [flow.job("down", down.address, ["goroutines"]),
                flow.job("good", self.serve(good).address, ["goroutines"])], check

    def retry_after(self):
        """It is heeded: more than back-off alone would do in that time."""
        answers = {"later": ("503 Service Unavailable", "3600"),
                   "a_day": ("429 Too Many Requests", "Fri, 31 Dec 9999 23:59:59 GMT")}
        targets = {name: self.serve({PATH: lambda e, answer=answer: e.reply(
            b"not now\n", answer[0], Retry_After=answer[1])})
            for name, answer in answers.items()}

        def check(pyrite):
            for name in targets:
                self.wait(lambda: pyrite.find(f"job={name} .*not now"), f"{name} fails",
                          alive=pyrite)
            self.stored(pyrite, "good", 8)
            for name, target in targets.items():
                self.assertEqual(target.requests[PATH], 1, name)
        return [flow.job(name, target.address, ["goroutines"])
                for name, target in targets.items()], check


if __name__ == "__main__":
    unittest.main()
