#!/usr/bin/env python3
"""Hostile clients of the stats endpoint, each kind by itself: it ends at a limit
that has a name, others are answered beside it, memory comes back, and no scrape
fails."""

import resource
import socket
import struct
import unittest

import flow
import pprof
import server

PATH = "/debug/pprof/goroutine"
TYPES = (("goroutine", "count"),)
BODY = pprof.encode(TYPES, {("main.main",): (1,)}, TYPES[0], 1)
CONNECTIONS = 1000
PLACES = 64  # limits: server-connections, if nothing else is said
HELLO = b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLICE = 4 << 20  # bytes of responses that may wait


class HostileClients(flow.FlowTest):
    def setUp(self):
        super().setUp()
        target = server.Server({PATH: lambda exchange: exchange.reply(BODY)})
        self.addCleanup(target.close)
        self.one = self.pyrite(flow.config(flow.job("good", target.address, ["goroutines"],
                                                    "200ms")))
        self.wait(lambda: self.one.stored(job="good"), "a scrape", alive=self.one)
        self.memory = self.server_memory()
        self.addCleanup(self.check_after)  # before it is ended

    def server_memory(self):
        metrics = self.one.metrics()
        return sum(metrics[f'pyrite_memory_bytes{{room="net",purpose="{purpose}"}}']
                   for purpose in ("server", "secrets"))

    def check_after(self):
        """Whatever was done to it."""
        before = self.one.stored(job="good")
        self.wait(lambda: self.one.stored(job="good") > before + 2, "scrapes go on",
                  alive=self.one)
        self.wait(lambda: self.server_memory() <= self.memory, "memory is back", alive=self.one)
        self.assertEqual(self.one.metric("pyrite_scrape_failures_total"), 0)

    def connect(self, data=b""):
        host, port = self.one.address().split(":")
        client = socket.create_connection((host, int(port)), flow.PATIENCE)
        self.addCleanup(client.close)
        client.sendall(data)
        return client

    def heard(self, client):
        """All that comes until the end."""
        data = b""
        try:
            for piece in iter(lambda: client.recv(65536), b""):
                data += piece
        except ConnectionError:
            pass  # it was not waited for
        return data

    def sends_until_refused(self, client, piece):
        """How many bytes were taken before the other side would have no more."""
        sent = 0
        try:
            while sent < 64 << 20:
                sent += client.send(piece)
        except (ConnectionError, socket.timeout):
            pass
        return sent

    def test_a_slow_head(self):
        """Slowloris: as many as there are places, and some more; one byte and then
        another.  Others are let in all the while."""
        clients = [self.connect(b"GET / HTT") for _ in range(PLACES + 10)]
        for byte in HELLO[9:]:
            for client in clients:
                try:
                    client.send(bytes([byte]))
                except ConnectionError:
                    pass  # it had to make room
            self.assertEqual(self.one.get("/-/healthy")[0], 200)
        del clients

    def test_a_head_that_never_ends_is_timed_out(self):
        client = self.connect(b"GET / HTTP/1.1\r\n")
        self.assertTrue(self.heard(client).startswith(b"HTTP/1.1 408 "))

    def test_a_pipelining_flood(self):
        """Of requests whose answers nobody reads: what waits is bounded."""
        client = self.connect()
        client.settimeout(2)
        self.sends_until_refused(client, 200 * HELLO.replace(b"-/healthy", b"metrics"))
        self.assertLess(self.server_memory(), self.memory + SLICE)
        self.assertEqual(self.one.get("/-/healthy")[0], 200)

    def test_huge_heads(self):
        for head in (b"GET /" + b"a" * (1 << 20), b"GET / HTTP/1.1\r\nA: " + b"a" * (1 << 20),
                     b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * (1 << 18)):
            client = self.connect()
            taken = self.sends_until_refused(client, head)
            self.assertLess(taken, 64 << 20)
            self.assertIn(self.heard(client)[:13], (b"HTTP/1.1 431 ", b""))

    def test_half_open_connections(self):
        """Those that say nothing, have said all, or vanish."""
        silent = [self.connect() for _ in range(PLACES // 2)]
        for start in (b"", b"GET /", HELLO[:-2]):
            client = self.connect(start)
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(self.heard(client), b"")
        client = self.connect(HELLO)  # whoever has asked is answered
        client.shutdown(socket.SHUT_WR)
        self.assertTrue(self.heard(client).startswith(b"HTTP/1.1 200 "))
        for start in (b"", b"GET /", HELLO):
            client = self.connect(start)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()  # a reset
        self.assertEqual(self.one.get("/-/healthy")[0], 200)
        for client in silent:
            client.close()

    def test_a_thousand_connections(self):
        """At once: there are never more places than its limit says, and whoever comes
        last is served."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < CONNECTIONS + 100:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, CONNECTIONS + 100), hard))
        host, port = self.one.address().split(":")
        clients = []
        for _ in range(CONNECTIONS):
            client = socket.socket()
            self.addCleanup(client.close)
            client.setblocking(False)
            client.connect_ex((host, int(port)))
            clients.append(client)
        self.assertEqual(self.one.get("/-/healthy")[0], 200)
        self.assertLessEqual(self.one.metric("process_open_fds"), PLACES + 40)

    def test_methods_and_bodies_without_end(self):
        for head in (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n",
                     b"PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"):
            client = self.connect(head)
            self.sends_until_refused(client, b"5\r\nhello\r\n" * 1000)
            self.assertRegex(self.heard(client), b"^(HTTP/1.1 4|$)")


if __name__ == "__main__":
    unittest.main()
