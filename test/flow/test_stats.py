#!/usr/bin/env python3
"""The stats endpoint of the shipped binary: what it refuses, and metrics as
Prometheus reads them."""

import pathlib
import re
import socket
import subprocess
import unittest

import flow
import server

GREETING = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
CHUNKED = " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
IN_USE = b"Could not enable CPU profiling: cpu profiling already in use\n"

# What an operator is promised; others may come and go.
FAMILIES = """
build_info scrapes_total scrape_failures_total scrapes_missed_total
scrape_duration_seconds scrape_size_bytes scrape_wire_bytes_total
scrape_body_bytes_total samples_total scrapes_in_flight loop_lag_seconds
cpu_coverage_ratio store_bytes store_frames_total store_dropped_profiles_total
store_segments memory_bytes target_up
"""

LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")


def parse(text):
    """{family: (type, [(name, {label: text}, value)])}; AssertionError where
    the text is not as the exposition format has it."""
    families, family = {}, None
    assert text.endswith("\n"), text[-80:]
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in families, f"{family} is there twice"
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and kind in ("counter", "gauge", "histogram"), line
            families[family] = (kind, [])
        else:
            name, labels, value = SAMPLE.fullmatch(line).groups()
            kind, samples = families[family]
            ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert name in [family + end for end in ends], f"{line} in {family}"
            samples.append((name, dict(re.findall('([^",=]+)="((?:[^"\\\\]|\\\\.)*)"',
                                                  labels or "")), float(value)))
    return families


class Stats(flow.FlowTest):
    def ask(self, pyrite, request):
        """(status, headers, body) of bytes as they are."""
        host, port = pyrite.address().split(":")
        with socket.create_connection((host, int(port)), flow.PATIENCE) as sock:
            sock.sendall(request.encode("latin-1"))
            return self.answer(sock)

    def answer(self, sock):
        data = b"".join(iter(lambda: sock.recv(65536), b""))
        head, _, body = data.partition(b"\r\n\r\n")
        return int(head.split()[1]), head, body

    @staticmethod
    def with_body(length):
        return GREETING.replace("\r\n\r\n", f"\r\nContent-Length: {length}\r\n\r\n")

    def test_what_is_refused(self):
        pyrite = self.pyrite(flow.config())
        slow = socket.create_connection(pyrite.address().split(":"), flow.PATIENCE)
        self.addCleanup(slow.close)
        slow.sendall(b"GET / HTT")
        for request, status in (
                ("GET /" + GREETING, 200), ("GET /nothing" + GREETING, 404),
                ("PUT /metrics" + GREETING, 405), ("POST /metrics" + GREETING, 405),
                ("DELETE /" + GREETING, 405), ("OPTIONS *" + GREETING, 405),
                ("POST /nothing" + GREETING, 405),
                ("POST /metrics" + self.with_body(3) + "a=b", 405),
                ("POST /nothing" + self.with_body(200000) + 200000 * "a", 405),
                ("POST /" + CHUNKED, 405), ("GET /" + CHUNKED, 413),
                ("GET /" + self.with_body(1) + "a", 413),
                ("POST /-/reload" + self.with_body(1) + "a", 403),
                ("GET /" + 20000 * "a" + GREETING, 431),
                ("GET / HTTP/1.1\r\nA: " + 20000 * "a" + "\r\n\r\n", 431),
                ("GET /%zz" + GREETING, 400), ("\x16\x03\x01", 400),
                ("GET /debug/pprof/profile?seconds=x" + GREETING, 400)):
            found, head, _ = self.ask(pyrite, request)
            self.assertEqual(found, status, request[:60])
            self.assertEqual(b"\r\nAllow: GET, HEAD\r\n" in head, status == 405, head)
        status, head, body = self.ask(pyrite, "HEAD /metrics" + GREETING)
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(self.answer(slow)[0], 408)
        self.stop(pyrite)

    def test_one_cpu_profile_at_a_time(self):
        """Whoever comes second is told in Go's words."""
        pyrite = self.pyrite(flow.config())
        first = socket.create_connection(pyrite.address().split(":"), flow.PATIENCE)
        self.addCleanup(first.close)
        first.sendall(f"GET /debug/pprof/profile?seconds=60{GREETING}".encode())

        def refused():
            answer = self.ask(pyrite, "GET /debug/pprof/profile?seconds=1" + GREETING)
            return answer if answer[0] != 200 else None

        status, _, body = self.wait(refused, "it is taken", alive=pyrite)
        self.assertEqual((status, body), (500, IN_USE))
        self.stop(pyrite)

    def test_metrics_are_as_prometheus_reads_them(self):
        target = server.Server({})
        self.addCleanup(target.close)
        pyrite = self.pyrite(flow.config(
            flow.job("self", "127.0.0.1:4041", ["cpu"], extra=flow.cpu_seconds(1)),
            flow.job("odd", target.address, ["goroutines"])))
        self.wait(lambda: pyrite.stored(job="self") >= 1 and
                  pyrite.find('msg="scrape failed" job=odd'), "both were asked", alive=pyrite)
        text = pyrite.get("/metrics")[1]
        families = parse(text.decode())
        self.check_promtool(text)
        for name in FAMILIES.split():
            self.assertTrue(families[f"pyrite_{name}"][1], name)
        for name, (kind, samples) in families.items():
            self.assertEqual(kind == "counter", name.endswith("_total"), name)
            keys = [(name, *sorted(labels.items())) for name, labels, _ in samples]
            self.assertEqual(len(set(keys)), len(keys), name)
            if kind == "histogram":
                self.check_histogram(samples)
        up = {(labels["job"], labels["profile"]): value
              for _, labels, value in families["pyrite_target_up"][1]}
        self.assertEqual(up, {("self", "cpu"): 1, ("odd", "goroutines"): 0})
        reasons = {labels["reason"]: value for _, labels, value
                   in families["pyrite_scrape_failures_total"][1] if labels["job"] == "odd"}
        self.assertGreaterEqual(reasons.pop("status"), 1)
        self.assertEqual(set(reasons.values()), {0})
        self.assertEqual([labels["job"] for _, labels, _
                          in families["pyrite_cpu_coverage_ratio"][1]], ["self"])
        self.stop(pyrite)

    def check_promtool(self, text):
        """What `promtool check metrics` has to say: nothing."""
        lint = pathlib.Path(flow.GO_TARGETS) / "promlint"
        done = subprocess.run([lint], input=text, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def check_histogram(self, samples):
        """Buckets grow up to +Inf, which is the count."""
        series = {}
        for name, labels, value in samples:
            bound = labels.pop("le", None)
            series.setdefault(tuple(sorted(labels.items())), []).append(
                (name.rsplit("_", 1)[1], bound, value))
        for rows in series.values():
            buckets = [(float(bound), value) for kind, bound, value in rows if kind == "bucket"]
            self.assertEqual(buckets, sorted(buckets))
            self.assertEqual([value for _, value in buckets],
                             sorted(value for _, value in buckets))
            counts = [value for kind, _, value in rows if kind == "count"]
            self.assertEqual([buckets[-1]], [(float("inf"), counts[0])])
            self.assertEqual([kind for kind, _, _ in rows].count("sum"), 1)


if __name__ == "__main__":
    unittest.main()
