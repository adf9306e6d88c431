#!/usr/bin/env python3
"""Adversaries beside good targets: each fails under its own reason, for as long as
they are there, and takes nothing of the others, neither scrapes nor memory."""

import asyncio
import gzip
import itertools
import pathlib
import random
import re
import signal
import socket
import struct
import threading
import time
import unittest
import zlib

import flow
import pprof

PATH = "/debug/pprof/goroutine"
CORPUS = [path.read_bytes() for path in sorted(
    flow.tools.ROOT.glob("bench/corpus/*/goroutine/*.pb.gz"))]
BODY = CORPUS[0]
GOOD_COUNT = 50
TIMEOUT = 10 if flow.SANITIZED else 2  # seconds, which silent ones take
HOARDERS = 20
ROUNDS = 10  # scrapes of every good target beside the adversaries
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
# What may stay of each account: decoders and their buffers are kept for the next
# scrapes, and the authorities of the system, once a target has asked for TLS.
STAYS = {("net", "client"): 4 << 10, ("net", "tls"): 512 << 10, ("pprof", "inflate"): 2 << 20,
         ("pprof", "profile"): 2 << 20}


def sized(body, length=None, extra=b""):
    length = len(body) if length is None else length
    return OK + extra + b"Content-Length: %d\r\n\r\n" % length + body


def encoded(coding, body):
    return sized(body, extra=b"Content-Encoding: " + coding + b"\r\n")


def says(data, ends=True):
    """Sends these bytes, then hangs up or waits for more requests."""
    async def answer(writer):
        writer.write(data)
        await writer.drain()
        return not ends
    return answer


def repeats(head, piece, pause=0, count=None):
    """Sends one piece over and over."""
    async def answer(writer):
        writer.write(head)
        for _ in itertools.count() if count is None else range(count):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
    return answer


def drips(data, pause):
    """One byte at a time."""
    async def answer(writer):
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause)
    return answer


def in_pieces(data):
    """A body that takes several reads."""
    async def answer(writer):
        for at in range(0, len(data), 1 << 14):
            writer.write(data[at:at + (1 << 14)])
            await writer.drain()
            await asyncio.sleep(0)
        return True
    return answer


async def silent(writer):
    await asyncio.sleep(600)


async def resets(writer):
    """In the middle of a body."""
    writer.write(sized(BODY[:50], len(BODY)))
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def bomb():
    """10 GB of fields that are not known; blocks of deflate that do not look back can
    be repeated."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    field = b"\xa2\x06\x80\x80\x04" + b"\0" * (1 << 16)
    block = deflate.compress(field * 16) + deflate.flush(zlib.Z_FULL_FLUSH)
    head = OK + b"\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return repeats(head, block, count=10240)


def many_strings():
    return says(sized(gzip.compress(b"\x32\x00" * 10**7)))


def deep_stack():
    return says(sized(gzip.compress(pprof.data(2, pprof.packed(1, [1] * 10**6)))))


def hoards():
    """Some 2 MB of memory, and then nothing comes any more."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = deflate.compress(b"\x32\x00" * 100000) + deflate.flush(zlib.Z_SYNC_FLUSH)

    async def answer(writer):
        writer.write(OK + b"\r\n" + data)
        await writer.drain()
        await silent(writer)
    return answer


def large_profile():
    """As of a program with many functions: some 2 MB of memory."""
    names = random.Random(2)
    return pprof.encode([("goroutine", "count")], {
        tuple(f"main.{names.getrandbits(200):x}" for _ in range(2)): [1] for _ in range(7000)})


HTML = b"<html>it works</html>"

# name: (what it does, reason in the metrics, pattern of the warning)
ADVERSARIES = {
    "byte_at_a_time": (drips(sized(BODY), 0.05), "timeout", f"timed out after {TIMEOUT}s"),
    "slow_body": (repeats(sized(b"", 10**9), b"\xa2\x06\x02\0\0", 0.1),
                  "timeout", f"timed out after {TIMEOUT}s"),
    "silent": (silent, "timeout", f"timed out after {TIMEOUT}s"),
    "endless_headers": (repeats(OK, b"X-A: b\r\n" * 100), "limit", "more than 200 headers"),
    "endless_header": (repeats(OK + b"X-A: ", b"b" * 1000), "limit",
                       "header is longer than 65536 bytes"),
    "cut_header": (says(OK + b"X-A: b"), "http", "connection closed"),
    "endless_chunks": (repeats(CHUNKED, b"40005\r\n\xa2\x06\x80\x80\x10" + b"\0" * (1 << 18) +
                               b"\r\n"), "limit", "raise body-size-limit"),
    "endless_extension": (repeats(CHUNKED + b"1;a=", b"b" * 1000), "limit",
                          "chunk framing is longer than 65536 bytes"),
    "huge_chunk": (says(CHUNKED + b"f" * 17 + b"\r\nx"), "http", "Chunk size overflow"),
    "absurd_chunk": (says(CHUNKED + b"7fffffffffffffff\r\nx"), "http",
                     "connection closed inside a chunked body, after 1 bytes"),
    "interim_flood": (repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "limit",
                      "more than 20 interim responses"),
    "bomb": (bomb(), "limit", "raise body-size-limit"),
    "unknown_coding": (says(encoded(b"br", BODY)), "http",
                       r'Content-Encoding \\"br\\" is not supported'),
    "nested_coding": (says(encoded(b"gzip, gzip, gzip", BODY)), "http",
                      "gzip, gzip, gzip.* is not supported"),
    "nested_gzip": (says(encoded(b"gzip", gzip.compress(gzip.compress(BODY)))), "pprof",
                    "at byte 0"),
    "too_long": (says(sized(BODY, len(BODY) + 100)), "http",
                 f"connection closed after {len(BODY)} of {len(BODY) + 100} bytes"),
    "too_short": (says(sized(BODY, len(BODY) - 100)), "gzip",
                  f"gzip: cut off after {len(BODY) - 100} compressed bytes"),
    "two_lengths": (says(sized(BODY, extra=b"Content-Length: 1\r\n")), "http",
                    "not an HTTP response: Duplicate Content-Length"),
    "no_number": (says(OK + b"Content-Length: -5\r\n\r\nhello"), "http",
                  "not an HTTP response: Invalid character in Content-Length"),
    "length_and_chunks": (says(sized(BODY, extra=b"Transfer-Encoding: chunked\r\n")), "http",
                          "Content-Length can't be present with Transfer-Encoding"),
    "cut_gzip": (says(sized(BODY[:-20])), "gzip", "gzip: cut off after"),
    "redirects": (says(b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" %
                       PATH.encode(), ends=False), "http", "redirect loop"),
    "resets": (resets, "http", "connection reset by peer, after"),
    "html": (says(sized(HTML)), "pprof", "a page of HTML, not a profile"),
    "empty": (says(sized(b"")), "pprof", "empty body"),
    "many_strings": (many_strings(), "limit", "more memory than limits: scrape-bytes"),
    "deep_stack": (deep_stack(), "limit", "1000000 frames in one, more than limits: stack-frames"),
    "tls_garbage": (says(random.Random(1).randbytes(1 << 14)), "connect", "TLS: "),
    "tls_record": (says(b"\x16\x03\x03\x40\x00" + b"\x02" * (1 << 14)), "connect", "TLS: "),
    "tls_slow": (drips(b"\x16\x03\x03\x40\x00\x02" + b"\0" * (1 << 14), 0.05), "timeout",
                 f"timed out after {TIMEOUT}s .*in the TLS handshake"),
    "early": (says(b"HTTP/1.1 503 Go away\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
              "status", "503 Go away"),
}
# What nobody asked for is no answer to the next request: this one does not fail.
UNASKED = {"surplus": (says(sized(BODY) + sized(HTML), ends=False), "", "")}
AT_ONCE = {"early", "tls_garbage", "tls_record", "tls_slow"}  # without a request


class Loop:
    """All servers, in one loop of a thread of its own."""

    def __init__(self):
        self.listeners = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(flow.PATIENCE)

    def serve(self, handle):
        """host:port where each connection is given to `handle`."""
        async def connected(reader, writer):
            try:
                await handle(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the other side has gone, or the test has ended
            finally:
                writer.close()

        listener = self.call(asyncio.start_server(connected, "127.0.0.1", 0))
        self.listeners.append(listener)
        return "%s:%d" % listener.sockets[0].getsockname()

    async def end(self):
        for listener in self.listeners:
            listener.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def close(self):
        self.call(self.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def on_request(answer):
    """Handles connections: answers each request, while that answers true."""
    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        while await answer(writer):
            await reader.readuntil(b"\r\n\r\n")
    return handle


def on_connect(answer):
    """Handles connections: says what it has to say before anything is asked."""
    async def handle(reader, writer):
        await answer(writer)
        await reader.read()
    return handle


class Good:
    """A target that gives the corpus, body by body, and keeps when it was asked."""

    def __init__(self):
        self.times = []

    async def answer(self, writer):
        self.times.append(time.monotonic())
        writer.write(sized(CORPUS[len(self.times) % len(CORPUS)]))
        await writer.drain()
        return True


class Adversaries(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.loop = Loop()
        self.addCleanup(self.loop.close)
        self.good = [Good() for _ in range(GOOD_COUNT)]

    def good_job(self):
        addresses = [self.loop.serve(on_request(good.answer)) for good in self.good]
        return flow.job("good", "', '".join(addresses), ["goroutines"])

    def bad_jobs(self):
        for name, (answer, reason, _) in (ADVERSARIES | UNASKED).items():
            handle = (on_connect if name in AT_ONCE else on_request)(answer)
            scheme = "https" if name.startswith("tls_") else "http"
            # Where time is not the reason, there is enough of it on busy machines, too.
            timeout = TIMEOUT if "timeout" in reason else flow.PATIENCE
            yield flow.job(name, self.loop.serve(handle), ["goroutines"],
                           extra=f"scheme: {scheme}\nscrape-timeout: {timeout}s")

    def hoarders(self):
        for number in range(HOARDERS):
            yield flow.job(f"hoarder_{number}", self.loop.serve(on_request(hoards())),
                           ["goroutines"], extra=f"scrape-timeout: {TIMEOUT}s")

    def configure(self, pyrite, *jobs):
        """Reloads; the targets of jobs that stay go on as they did."""
        def reloads():
            return len(pyrite.find('msg="configuration reloaded"'))
        before = reloads()
        self.write(*jobs)
        pyrite.send(signal.SIGHUP)
        self.wait(lambda: reloads() > before, "it is reloaded", alive=pyrite)

    def write(self, *jobs):
        path = self.folder / "live.yml"
        path.write_text(flow.config(*jobs))
        return path

    def rounds(self, pyrite, count):
        """Waits until every good target was asked that many times more; how late the
        latest of those was, in seconds, to the second of its first."""
        before = [len(good.times) for good in self.good]
        self.wait(lambda: all(len(good.times) >= least + count
                              for good, least in zip(self.good, before)),
                  f"{count} rounds of the good targets", alive=pyrite)
        starts = [moment - good.times[0] for good, least in zip(self.good, before)
                  for moment in good.times[least:]]
        return max(abs(start - round(start)) for start in starts)

    def memory(self, pyrite):
        """What the accounts hold."""
        found = pyrite.metrics()
        return {account: found['pyrite_memory_bytes{room="%s",purpose="%s"}' % account]
                for account in STAYS}

    def check_memory(self, pyrite, before):
        """All comes back but what may stay."""
        def is_back():
            now = self.memory(pyrite)
            return all(now[account] <= before[account] + stays
                       for account, stays in STAYS.items())
        self.wait(is_back, f"memory is back at {before}", alive=pyrite)

    def peak(self, pyrite):
        """Resident, in KiB, the most there ever was."""
        text = pathlib.Path(f"/proc/{pyrite.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s*(\d+) kB", text).group(1))

    def check_reasons(self, pyrite):
        """Of each its own, and no other."""
        for name, (_, reason, pattern) in ADVERSARIES.items():
            with self.subTest(name):
                lines = self.wait(lambda: pyrite.find(
                    f'level=warn msg="scrape failed" job={name} '), f"{name} fails", alive=pyrite)
                for line in lines:
                    self.assertRegex(line.partition(" error=")[2], pattern)
                reasons = {re.search('reason="(.*)"', series).group(1)
                           for series, value in pyrite.metrics().items() if value > 0 and
                           series.startswith(f'pyrite_scrape_failures_total{{job="{name}",')}
                self.assertTrue(reasons)
                self.assertLessEqual(reasons, {reason})
                self.assertEqual(pyrite.stored(job=name), 0)

    def check_good(self, pyrite, *names):
        for name in names:
            self.assertGreater(pyrite.stored(job=name), 2, name)
            self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job=name), 0, name)

    def test_adversaries(self):
        good, bad = self.good_job(), list(self.bad_jobs())
        pyrite = self.pyrite(arguments=["--config", str(self.write(good))])
        quiet = self.rounds(pyrite, 3)
        memory, resident = self.memory(pyrite), self.peak(pyrite)
        self.configure(pyrite, good, *bad)
        beside = self.rounds(pyrite, ROUNDS)
        self.check_reasons(pyrite)
        self.check_good(pyrite, "good", *UNASKED)
        peak = self.peak(pyrite)
        print(f"{GOOD_COUNT} good targets, {len(bad)} adversaries: VmHWM {resident} kB without, "
              f"{peak} kB with them; starts moved by {quiet * 1e3:.1f} ms and by "
              f"{beside * 1e3:.1f} ms at most, "
              f"{pyrite.metric('pyrite_scrapes_missed_total', job='good'):.0f} missed; longest turn "
              f"{pyrite.metric('pyrite_loop_turn_max_seconds') * 1e3:.1f} ms")
        self.check_end_of_attack(pyrite, good, memory)

    def check_end_of_attack(self, pyrite, good, memory):
        if not flow.SANITIZED:
            self.assertLessEqual(self.peak(pyrite), 24 << 10)
        self.configure(pyrite, good)
        self.check_memory(pyrite, memory)
        self.check_good(pyrite, "good")
        self.stop(pyrite)

    def test_hoarders(self):
        """Memory for large profiles is short: small ones do not feel it, and a large one
        gets some when those that hold it have run into their timeouts."""
        good = self.good_job()
        pyrite = self.pyrite(arguments=["--config", str(self.write(good))])
        self.rounds(pyrite, 3)
        memory = self.memory(pyrite)
        body = sized(large_profile())
        large = flow.job("large", self.loop.serve(on_request(in_pieces(body))), ["goroutines"])
        self.configure(pyrite, good, large, *self.hoarders())
        self.wait(lambda: pyrite.metric("pyrite_scrapes_held"), "some wait", alive=pyrite)
        self.wait(lambda: pyrite.find("job=hoarder.*more memory than limits: scrape-bytes"),
                  "some are refused", alive=pyrite)
        self.rounds(pyrite, ROUNDS)
        self.wait(lambda: pyrite.stored(job="large"), "the large profile is stored", alive=pyrite)
        print(f"{HOARDERS} hoarders: VmHWM {self.peak(pyrite)} kB")
        self.check_good(pyrite, "good")
        self.check_end_of_attack(pyrite, good, memory)


if __name__ == "__main__":
    unittest.main()
