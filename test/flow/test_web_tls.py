#!/usr/bin/env python3
"""The stats endpoint over TLS, asked by Python's OpenSSL and by openssl itself."""

import http.client
import os
import re
import socket
import ssl
import subprocess
import sys
import unittest

import flow

sys.path.insert(0, str(flow.tools.ROOT / "test" / "net"))
from tls_tools import Authority  # noqa: E402

HAS_TLS13 = os.environ.get("PYRITE_HAS_TLS13") == "1"  # the library


class WebTls(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.ca = Authority(self.folder)
        self.server = self.ca.issue("server")
        self.client = self.ca.issue("client")

    def serve(self, extra="", pair=None, **kwargs):
        pair = pair or self.server
        (self.folder / "web.yml").write_text(
            f"tls_server_config:\n  cert_file: {pair[0]}\n  key_file: {pair[1]}\n{extra}")
        return flow.Pyrite(self.folder, arguments=["--web.config.file", self.folder / "web.yml"],
                           **kwargs)

    def started(self, *args, **kwargs):
        pyrite = self.watch(self.serve(*args, **kwargs))
        self.addCleanup(self.check_end, pyrite)
        self.wait(lambda: pyrite.find("msg=started"), "pyrite starts", alive=pyrite)
        return pyrite

    def address(self, pyrite):
        """(host, port)"""
        [line] = pyrite.find("msg=started")
        host, port = line.split("address=https://")[1].split()[0].rsplit(":", 1)
        return host, int(port)

    def context(self, pair=None):
        context = ssl.create_default_context(cafile=self.ca.cert)
        if pair:
            context.load_cert_chain(*pair)
        return context

    def get(self, pyrite, path="/metrics", context=None):
        host, port = self.address(pyrite)
        connection = http.client.HTTPSConnection(host, port, timeout=flow.PATIENCE,
                                                 context=context or self.context())
        self.addCleanup(connection.close)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()

    def failures(self, pyrite):
        """reason: how many handshakes and connections failed for it"""
        text = self.get(pyrite)[1].decode()
        return {reason: int(count) for reason, count in re.findall(
            r'^pyrite_web_tls_failures_total\{reason="(.*)"\} (.*)$', text, re.M)}

    def fails_for(self, pyrite, reason):
        self.wait(lambda: self.failures(pyrite)[reason], f"one fails for {reason}",
                  alive=pyrite)

    def test_failures_have_reasons(self):
        pyrite = self.started()
        self.assertEqual(sum(self.failures(pyrite).values()), 0)
        with socket.create_connection(self.address(pyrite), flow.PATIENCE) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
            self.fails_for(pyrite, "no_tls")
        socket.create_connection(self.address(pyrite), flow.PATIENCE).close()
        self.fails_for(pyrite, "closed")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.get(pyrite, context=ssl.create_default_context())
        # Its alert is lost when it leaves before all was said to it.
        self.wait(lambda: sum(self.failures(pyrite).values()) > 2, "one leaves", alive=pyrite)

    def test_pages_of_every_size(self):
        jobs = [flow.job(f"job{i}", "127.0.0.1:1", ["mem"]) for i in range(150)]
        pyrite = self.started(config=flow.config(*jobs))
        for path in ("/", "/metrics", "/api/v1/targets", "/-/healthy", "/debug/pprof/heap"):
            status, body = self.get(pyrite, path)
            self.assertEqual(status, 200, path)
            self.assertTrue(body)
        self.assertGreater(len(self.get(pyrite)[1]), 100_000)

    def test_targets_are_shown_to_whom_it_knows(self):
        pyrite = self.started(f"  client_auth_type: RequireAndVerifyClientCert\n"
                              f"  client_ca_file: {self.ca.cert}\n",
                              config=flow.config(flow.job("shop", "127.0.0.1:1", ["cpu"])))
        address = "https://%s:%d" % self.address(pyrite)
        trust = ("--ca-file", self.ca.cert)
        who = ("--cert-file", self.client[0], "--key-file", self.client[1])
        self.assertIn("cpu", flow.targets(address, *trust, *who))
        self.assertIn("certificate", flow.targets(address, *trust, code=1))
        self.assertIn("unknown issuer", flow.targets(address, *who, code=1))
        self.assertIn("not elsewhere.example", flow.targets(
            address, *trust, *who, "--server-name", "elsewhere.example", code=1))

    def test_many_requests_on_one_connection(self):
        pyrite = self.started()
        host, port = self.address(pyrite)
        request = f"GET /-/healthy HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        with socket.create_connection((host, port), flow.PATIENCE) as raw:
            with self.context().wrap_socket(raw, server_hostname=host) as tls:
                # More than is read ahead: what waits is not forgotten.
                tls.sendall(200 * request)
                seen = b""
                while seen.count(b"Pyrite is Healthy.") < 200:
                    piece = tls.recv(65536)
                    self.assertTrue(piece, seen[-200:])
                    seen += piece

    def test_plain_requests_and_garbage(self):
        pyrite = self.started()
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + 70000 * b"x",
                        b"\x00" * 100):
            with socket.create_connection(self.address(pyrite), flow.PATIENCE) as raw:
                try:
                    raw.sendall(garbage)
                    while raw.recv(4096):
                        pass
                except ConnectionError:
                    pass
        self.assertEqual(self.get(pyrite)[0], 200)

    def test_handshakes_that_stand_still(self):
        """More than there are places; the last is hung up on, too."""
        pyrite = self.started()
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        clients = []
        for _ in range(80):
            clients.append(socket.create_connection(self.address(pyrite), flow.PATIENCE))
            self.addCleanup(clients[-1].close)
            clients[-1].sendall(hello)
        self.assertEqual(self.get(pyrite, "/-/healthy")[0], 200)
        try:
            self.assertEqual(clients[-1].recv(1), b"")
        except ConnectionError:
            pass

    def test_bytes_that_come_one_by_one(self):
        pyrite = self.started()
        host, port = self.address(pyrite)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context().wrap_bio(incoming, outgoing, server_hostname=host)
        with socket.create_connection((host, port), flow.PATIENCE) as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def until(step):
                while True:
                    try:
                        return step()
                    except ssl.SSLWantReadError:
                        pass
                    for byte in outgoing.read():
                        raw.sendall(bytes([byte]))
                    incoming.write(raw.recv(1))

            until(tls.do_handshake)
            tls.write(f"GET /-/healthy HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            self.assertTrue(until(lambda: tls.read(15)).startswith(b"HTTP/1.1 200 OK"))

    def handshake(self, pyrite, context, session=None):
        """(whether it was resumed, what the next may resume)"""
        host, port = self.address(pyrite)
        with socket.create_connection((host, port), flow.PATIENCE) as raw:
            with context.wrap_socket(raw, server_hostname=host, session=session) as tls:
                tls.sendall(f"GET /-/healthy HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                self.assertTrue(tls.recv(100).startswith(b"HTTP/1.1 200 OK"))
                return tls.session_reused, tls.session

    def test_pyrite_scrapes_itself(self):
        pyrite = self.started()
        self.wait(lambda: pyrite.stored(job="pyrite") > 1, "it is stored", alive=pyrite)

    def test_pyrite_has_no_certificate_for_itself(self):
        pyrite = self.started("  client_auth_type: RequireAndVerifyClientCert\n"
                              f"  client_ca_file: {self.ca.cert}\n")
        self.assertEqual(len(pyrite.find("asks for certificates of clients, so that nothing")), 1)

    def test_sessions_are_resumed(self):
        pyrite = self.started(config=flow.config())
        context = self.context()
        is_resumed, session = self.handshake(pyrite, context)
        self.assertFalse(is_resumed)
        self.assertTrue(self.handshake(pyrite, context, session)[0])
        lines = [line for line in self.get(pyrite)[1].decode().splitlines()
                 if line.startswith(("pyrite_web_tls_handshakes", "pyrite_web_tls_sessions"))]
        self.assertEqual(lines, ["pyrite_web_tls_handshakes_total 3",
                                 "pyrite_web_tls_sessions_resumed_total 1"])
        # Of another process, with other keys: a full handshake.
        self.assertFalse(self.handshake(self.started(storage=self.folder / "b"), context,
                                        session)[0])

    def test_sessions_of_clients_with_certificates_are_not(self):
        pyrite = self.started("  client_auth_type: RequireAndVerifyClientCert\n"
                              f"  client_ca_file: {self.ca.cert}\n")
        context = self.context(self.client)
        session = self.handshake(pyrite, context)[1]
        self.assertFalse(self.handshake(pyrite, context, session)[0])

    def test_a_new_certificate_is_read(self):
        pyrite = self.started()
        first = self.peer_serial(pyrite)
        pair = self.ca.issue("other")
        for source, place in zip(pair, self.server):
            source.replace(place)
        self.wait(lambda: self.peer_serial(pyrite) != first, "the new one is presented",
                  alive=pyrite)
        second = self.peer_serial(pyrite)
        self.server[0].write_text("nothing of use")
        self.wait(lambda: self.peer_serial(pyrite) and
                  pyrite.find("level=warn msg=TLS .*used on: .*server.pem"), "it is told",
                  alive=pyrite)
        self.assertEqual(self.peer_serial(pyrite), second)

    def stranger(self):
        folder = self.folder / "other"
        folder.mkdir()
        return Authority(folder)

    def peer_serial(self, pyrite):
        host, port = self.address(pyrite)
        with socket.create_connection((host, port), flow.PATIENCE) as raw:
            with self.context().wrap_socket(raw, server_hostname=host) as tls:
                return tls.getpeercert()["serialNumber"]

    def test_what_is_wrong_with_a_file(self):
        for pair, error in (((self.server[0], self.client[1]), "do not belong together"),
                            ((self.server[0], self.folder / "none"), "none: No such file"),
                            ((self.server[1], self.server[1]), "certificate cannot be read")):
            pyrite = self.watch(self.serve(pair=pair))
            self.assertEqual(pyrite.ended(), 1)
            self.assertTrue(pyrite.find(f"tls-server-config: .*{error}"), pyrite.text())

    def test_certificates_of_clients(self):
        pyrite = self.started("  client_auth_type: RequireAndVerifyClientCert\n"
                              f"  client_ca_file: {self.ca.cert}\n")
        self.assertEqual(self.get(pyrite, context=self.context(self.client))[0], 200)
        other = self.stranger()
        for name, pair in (("nobody", None), ("stranger", other.issue("client"))):
            with self.subTest(name), self.assertRaises((ssl.SSLError, ConnectionError,
                                                        http.client.HTTPException)):
                self.get(pyrite, context=self.context(pair))

    def test_certificates_that_need_not_be_there(self):
        pyrite = self.started("  client_auth_type: VerifyClientCertIfGiven\n"
                              f"  client_ca_file: {self.ca.cert}\n")
        self.assertEqual(self.get(pyrite)[0], 200)
        self.assertEqual(self.get(pyrite, context=self.context(self.client))[0], 200)
        other = self.stranger()
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            self.get(pyrite, context=self.context(other.issue("client")))

    def test_keys_of_clients_are_bounded(self):
        """Before anything is computed with them, the client's own and others."""
        self.ca.run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                    "-pkeyopt", f"rsa_keygen_pubexp:{2 ** 64 + 13}", "-out",
                    self.folder / "big.key")
        self.ca.run("req", "-x509", "-new", "-key", self.folder / "big.key", "-subj", "/CN=big",
                    "-days", "30", "-out", self.folder / "big.pem")
        chain = self.folder / "chain.pem"
        chain.write_bytes(self.client[0].read_bytes() + (self.folder / "big.pem").read_bytes())
        pyrite = self.started("  client_auth_type: RequireAndVerifyClientCert\n"
                              f"  client_ca_file: {self.ca.cert}\n")
        for pair in ((self.folder / "big.pem", self.folder / "big.key"),
                     (chain, self.client[1])):
            with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
                self.get(pyrite, context=self.context(pair))
        self.assertEqual(self.get(pyrite, context=self.context(self.client))[0], 200)

    def openssl(self, pyrite, *flags):
        """Whether openssl comes to an agreement with it."""
        host, port = self.address(pyrite)
        command = [flow.tools.need("openssl"), "s_client", "-connect", f"{host}:{port}",
                   "-CAfile", self.ca.cert, "-verify_return_error", "-brief", *flags]
        return subprocess.run(command, input=b"", capture_output=True,
                              timeout=flow.PATIENCE).returncode == 0

    def test_openssl_with_other_versions(self):
        pyrite = self.started()
        for flags, good in ((["-tls1_3"], HAS_TLS13), (["-tls1_2"], True), (["-tls1_1"], False),
                            (["-tls1_2", "-cipher", "AES128-SHA"], False),
                            (["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], True)):
            self.assertEqual(self.openssl(pyrite, *flags), good, flags)

    def test_versions_and_certificates_of_clients(self):
        """In TLS 1.3 they cannot be bounded before mbedTLS computes with them."""
        clients = ("  client_auth_type: RequireAndVerifyClientCert\n"
                   f"  client_ca_file: {self.ca.cert}\n")
        pyrite = self.started(clients)
        pair = ("-cert", self.client[0], "-key", self.client[1])
        self.assertTrue(self.openssl(pyrite, "-tls1_2", *pair))
        self.assertFalse(self.openssl(pyrite, "-tls1_3", *pair))
        pyrite = self.watch(self.serve(clients + "  min_version: TLS13\n",
                                       storage=self.folder / "b"))
        self.assertEqual(pyrite.ended(), 1)
        self.assertTrue(pyrite.find("certificates of clients cannot be had together" if HAS_TLS13
                                    else "TLS13 needs mbedTLS 3"), pyrite.text())


if __name__ == "__main__":
    unittest.main()
