#!/usr/bin/env python3
"""The TLS client against OpenSSL's server with odd settings: each of them works,
or fails with the one text that says what was wrong."""

import os
import socket
import subprocess
import tempfile
import threading
import unittest

from tls_tools import Authority, Fetcher, go_server, openssl_child, openssl_server, said

HAS_TLS13 = os.environ.get("PYRITE_HAS_TLS13") == "1"  # the library
TLS12 = "-tls1_2"
NOTHING_IN_COMMON = ("the server and this client have no cipher suite, curve or kind of "
                     "certificate in common (alert handshake_failure)")
TOO_OLD = ("the server speaks no TLS version that is allowed here: see min-version and max-version "
           "(alert protocol_version)" if HAS_TLS13 else
           "the server speaks only versions of TLS older than is allowed here (1.2 or min-version)")
SEVERAL_RECORDS = "a handshake message of the server comes in several records"
TOO_LONG = "a handshake message of the server is longer than mbedTLS 3"

# (kind of key, flags): what works, twice, once over a new connection.
GOOD = [
    ("ec", TLS12, "-max_send_frag", "1024"),
    ("ec", TLS12, "-no_ticket"),
    ("ec", TLS12, "-no_ticket", "-no_cache"),
    ("ec", TLS12, "-bugs", "-legacy_renegotiation"),
    ("ec", TLS12, "-serverpref"),
    ("ec", TLS12, "-no_etm"),
    ("ec", TLS12, "-curves", "X25519"),
    ("ec", TLS12, "-curves", "P-384"),
    ("ec", TLS12, "-curves", "P-521"),
    ("ec", TLS12, "-alpn", "http/1.1,h2"),
    ("ec", TLS12, "-alpn", "h2,http/1.1"),
    ("p521", TLS12),
    ("3072", TLS12),
]
GOOD13 = [
    ("ec", "-tls1_3", "-num_tickets", "0"),
    ("ec", "-tls1_3", "-num_tickets", "20"),
    ("ec", "-tls1_3", "-record_padding", "512"),
    ("ec", "-tls1_3", "-no_middlebox"),
    ("ec", "-tls1_3", "-curves", "P-384"),  # a HelloRetryRequest
    ("2048", "-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"),
]
# (kind of key, flags, text)
BAD = [
    ("ec", (TLS12, "-curves", "X448"), NOTHING_IN_COMMON),
    ("2048", (TLS12, "-cipher", "DHE-RSA-AES128-GCM-SHA256"), NOTHING_IN_COMMON),
    ("2048", (TLS12, "-cipher", "AES128-GCM-SHA256"), NOTHING_IN_COMMON),
    ("2048", (TLS12, "-cipher", "ECDHE-RSA-CAMELLIA128-SHA256"), NOTHING_IN_COMMON),
    ("ec", (TLS12, "-nocert", "-cipher", "aNULL:@SECLEVEL=0"), NOTHING_IN_COMMON),
    ("ec", (TLS12, "-nocert", "-psk", "1234", "-cipher", "PSK-AES128-CBC-SHA"),
     NOTHING_IN_COMMON),
    ("ed25519", (TLS12,), NOTHING_IN_COMMON),
    ("rsa-pss", (TLS12,), NOTHING_IN_COMMON),
    ("bitcoin", (TLS12,), NOTHING_IN_COMMON),
    ("brainpool", (TLS12,), NOTHING_IN_COMMON),
    ("ec", ("-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"), TOO_OLD),
    ("ec", ("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"), TOO_OLD),
    ("ec", (TLS12, "-alpn", "h2"),
     "the server does not speak HTTP/1.1 (alert no_application_protocol)"),
    ("1024", (TLS12, "-cipher", "DEFAULT:@SECLEVEL=0"),
     "certificate has a key, or is signed with one, that is too weak or of the wrong kind: "
     "RSA of 2048 bits and P-256 are the least"),
]


class Odd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.ca = Authority(cls.folder.name)
        cls.pairs = {}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def pair(self, kind="ec"):
        if kind not in self.pairs:
            self.pairs[kind] = self.ca.issue(f"server-{kind}", kind=kind)
        return self.pairs[kind]

    def fetcher(self, *options):
        return Fetcher("--ca-file", self.ca.cert, *options)

    def check(self, result):
        self.assertEqual((result["error"], result["status"]), ("", 200))

    def check_error(self, result, port, text, host="127.0.0.1"):
        self.assertEqual((result["code"], result["error"]),
                         ("ETLS", f"{host}:{port}: TLS: {text}"))

    def test_what_works(self):
        for kind, *flags in GOOD + (GOOD13 if HAS_TLS13 else []):
            with self.subTest(kind=kind, flags=flags), \
                    openssl_server(self.pair(kind), *flags) as port, self.fetcher() as fetcher:
                for _ in range(2):
                    self.check(fetcher.get(f"https://127.0.0.1:{port}/"))

    def test_what_does_not(self):
        for kind, flags, text in BAD:
            with self.subTest(kind=kind, flags=flags), \
                    openssl_server(self.pair(kind), *flags) as port, self.fetcher() as fetcher:
                self.check_error(fetcher.get(f"https://127.0.0.1:{port}/"), port, text)

    def test_a_certificate_that_need_not_be_there(self):
        client = self.ca.issue("client")
        with openssl_server(self.pair(), TLS12, "-verify", "1", "-CAfile", self.ca.cert) as port:
            for options in ((), ("--cert-file", client[0], "--key-file", client[1])):
                with self.fetcher(*options) as fetcher:
                    self.check(fetcher.get(f"https://127.0.0.1:{port}/"))

    def test_a_name_that_the_server_does_not_know(self):
        pair = self.pair()
        second = ("-servername", "other", "-cert2", pair[0], "-key2", pair[1])
        with openssl_server(pair, TLS12, *second) as port, self.fetcher() as fetcher:
            self.check(fetcher.get(f"https://localhost:{port}/"))  # a warning only
        with openssl_server(pair, TLS12, *second, "-servername_fatal") as port, \
                self.fetcher() as fetcher:
            self.check_error(fetcher.get(f"https://localhost:{port}/"), port,
                             "the server knows nothing of this name: see server-name "
                             "(alert unrecognized_name)")

    def test_tiny_records(self):
        """Of 512 bytes, the least that there are: mbedTLS 3.6.3 and later put messages
        together again, and no 2.28 does."""
        for flags in (("-max_send_frag", "512"), ("-split_send_frag", "512")):
            with self.subTest(flags), openssl_server(self.pair(), TLS12, *flags) as port, \
                    self.fetcher() as fetcher:
                result = fetcher.get(f"https://127.0.0.1:{port}/")
                if result["error"]:
                    self.assertIn(f"127.0.0.1:{port}: TLS: {SEVERAL_RECORDS}", result["error"])

    def test_chains(self):
        cert, key = self.pair()
        chain = self.ca.folder / "chain.pem"
        for count, text in ((30, "the server sent a chain of 31 certificates: at most 8 are taken"),
                            (100, None)):
            chain.write_text(cert.read_text() + count * self.ca.cert.read_text())
            with self.subTest(count), go_server((chain, key), "-max", "1.2") as port, \
                    self.fetcher() as fetcher:
                result = fetcher.get(f"https://127.0.0.1:{port}/hello")
                if text is not None:
                    self.check_error(result, port, text)
                else:  # more than a record holds
                    self.assertRegex(result["error"], TOO_LONG if HAS_TLS13 else SEVERAL_RECORDS)


    def test_renegotiation(self):
        """What IIS and Apache do to ask for a certificate of some paths."""
        text = ("the server wanted to negotiate anew, which is not done: does it want a client "
                "certificate for some paths only? (alert handshake_failure)")
        client = self.ca.issue("client")
        for letter, options in (("r", ()), ("R", ()),
                                ("R", ("--cert-file", client[0], "--key-file", client[1]))):
            with self.subTest(letter, options=options), \
                    openssl_child(self.pair(), TLS12, "-legacy_renegotiation", "-CAfile",
                                  self.ca.cert, stdin=subprocess.PIPE) as (port, server), \
                    self.fetcher(*options) as fetcher:
                fetcher.begin(f"https://127.0.0.1:{port}/")
                said(server, "GET / HTTP")
                server.stdin.write(f"{letter}\n")
                server.stdin.flush()
                self.check_error(fetcher.result(), port, text)

    def test_ssl3(self):
        """OpenSSL of today has none: a record as those had it, with the alert that ends it."""
        def serve(listener):
            conn, _ = listener.accept()
            with conn:
                conn.recv(1000)
                conn.sendall(b"\x15\x03\x00\x00\x02\x02\x28")
                conn.shutdown(socket.SHUT_WR)
                conn.recv(1000)

        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            thread = threading.Thread(target=serve, args=(listener,))
            thread.start()
            with self.fetcher() as fetcher:
                self.check_error(fetcher.get(f"https://127.0.0.1:{port}/"), port,
                                 NOTHING_IN_COMMON)
            thread.join()


if __name__ == "__main__":
    unittest.main()
