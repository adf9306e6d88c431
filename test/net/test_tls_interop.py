#!/usr/bin/env python3
"""The TLS client against servers that others wrote: Go's and OpenSSL's."""

import os
import socket
import tempfile
import threading
import unittest

from tls_tools import Authority, Fetcher, go_server, openssl_server

HAS_TLS13 = os.environ.get("PYRITE_HAS_TLS13") == "1"  # the library


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.ca = Authority(cls.folder.name)
        cls.ec = cls.ca.issue("server-ec")
        cls.rsa = cls.ca.issue("server-rsa", kind="2048")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check(self, result, body=5, status=200):
        self.assertEqual(result["error"], "")
        self.assertEqual((result["status"], result["body"]), (status, body))

    def check_error(self, result, text):
        self.assertEqual(result["code"], "ETLS", result)
        self.assertIn(text, result["error"])

    def test_go_keeps_alive_and_resumes(self):
        for pair in (self.ec, self.rsa):
            with self.subTest(pair[0].name), go_server(pair) as port, \
                    Fetcher("--ca-file", self.ca.cert) as fetcher:
                url = f"https://127.0.0.1:{port}"
                self.check(fetcher.get(f"{url}/hello"))
                result = fetcher.get(f"{url}/hello")
                self.check(result)
                self.assertTrue(result["reused"])
                self.check(fetcher.get(f"{url}/large"), 1 << 20)
                self.check(fetcher.get(f"{url}/close"), 3)
                result = fetcher.get(f"{url}/hello")
                self.check(result)
                self.assertFalse(result["reused"])
                self.assertEqual((result["handshakes"], result["resumed"]), (2, 1))

    def test_go_profiles(self):
        with go_server(self.ec) as port, Fetcher("--ca-file", self.ca.cert) as fetcher:
            result = fetcher.get(f"https://localhost:{port}/debug/pprof/goroutine")
            self.assertEqual(result["error"], "")
            self.assertGreater(result["body"], 100)

    def test_go_12_only(self):
        with go_server(self.ec, "-max", "1.2") as port, \
                Fetcher("--ca-file", self.ca.cert) as fetcher:
            self.check(fetcher.get(f"https://127.0.0.1:{port}/hello"))

    def test_13_only(self):
        with go_server(self.ec, "-min", "1.3") as port, \
                Fetcher("--ca-file", self.ca.cert) as fetcher:
            result = fetcher.get(f"https://127.0.0.1:{port}/hello")
            if HAS_TLS13:
                self.check(result)
            else:
                self.check_error(result, "only TLS 1.3, which this build's mbedTLS 2.28")
        with openssl_server(self.ec, "-tls1_3") as port, \
                Fetcher("--ca-file", self.ca.cert, "--max-version", "TLS12") as fetcher:
            self.check_error(fetcher.get(f"https://127.0.0.1:{port}/"), "alert protocol_version")

    def test_client_certificates(self):
        client = self.ca.issue("client")
        stranger = Authority(self.folder.name, "stranger", "/CN=Stranger").issue("client-2")
        options = ("--ca-file", self.ca.cert)
        for version in ("1.2", "1.3"):
            with self.subTest(version), \
                    go_server(self.ec, "-client-ca", self.ca.cert, "-max", version) as port:
                url = f"https://127.0.0.1:{port}/hello"
                with Fetcher(*options) as fetcher:
                    self.check_error(fetcher.get(url), "server requires a client certificate")
                with Fetcher(*options, "--cert-file", client[0], "--key-file", client[1]) as fetcher:
                    self.check(fetcher.get(url))
                with Fetcher(*options, "--cert-file", stranger[0],
                             "--key-file", stranger[1]) as fetcher:
                    self.check_error(fetcher.get(url),
                                     "refused the client certificate CN=client-2")
        with openssl_server(self.ec, "-Verify", "1", "-CAfile", self.ca.cert) as port, \
                Fetcher(*options) as fetcher:
            self.check_error(fetcher.get(f"https://127.0.0.1:{port}/"),
                             "server requires a client certificate")

    def test_openssl_with_each_suite(self):
        for suite in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                      "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA",
                      "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-GCM-SHA256"):
            pair = self.ec if "ECDSA" in suite else self.rsa
            with self.subTest(suite), Fetcher("--ca-file", self.ca.cert) as fetcher, \
                    openssl_server(pair, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0") as port:
                result = fetcher.get(f"https://127.0.0.1:{port}/")
                self.assertEqual((result["error"], result["status"]), ("", 200))

    def test_p384(self):
        with go_server(self.ca.issue("server-p384", kind="p384")) as port, \
                Fetcher("--ca-file", self.ca.cert) as fetcher:
            self.check(fetcher.get(f"https://127.0.0.1:{port}/hello"))

    def test_wrong_name_and_issuer(self):
        elsewhere = self.ca.issue("elsewhere", names="DNS:elsewhere.example")
        other = Authority(self.folder.name, "other", "/CN=Other CA")
        with go_server(elsewhere) as port:
            url = f"https://127.0.0.1:{port}/hello"
            with Fetcher("--ca-file", self.ca.cert) as fetcher:
                self.check_error(fetcher.get(url), f"127.0.0.1:{port}: TLS: certificate is for "
                                                   "DNS:elsewhere.example, not 127.0.0.1")
            with Fetcher("--ca-file", self.ca.cert,
                         "--server-name", "elsewhere.example") as fetcher:
                self.check(fetcher.get(url))
            with Fetcher("--insecure-skip-verify") as fetcher:
                result = fetcher.get(url)
                self.check(result)
                self.assertIn("insecure-skip-verify", result["notes"][0])
                self.assertEqual(fetcher.get(url)["notes"], [])
        with go_server(self.ec) as port:
            url = f"https://127.0.0.1:{port}/hello"
            with Fetcher("--ca-file", other.cert) as fetcher:
                self.check_error(fetcher.get(url), "unknown issuer CN=Test CA")
            with Fetcher() as fetcher:
                self.check_error(fetcher.get(url), "unknown issuer CN=Test CA")

    def test_expired(self):
        ca = self.ca
        pair = ca.issue("late")
        ca.run("x509", "-req", "-in", ca.folder / "late.csr", "-CA", ca.cert, "-CAkey", ca.key,
               "-days", "-1", "-extfile", ca.folder / "late.ext", "-out", pair[0])
        with openssl_server(pair) as port, Fetcher("--ca-file", ca.cert) as fetcher:
            result = fetcher.get(f"https://127.0.0.1:{port}/")
            self.check_error(result, "certificate expired on 20")
            self.assertRegex(result["error"], r"expired on \d{4}-\d\d-\d\d$")

    def test_intermediate(self):
        ca = self.ca
        ca.new_key(ca.folder / "middle.key", "ec")
        ca.issue("middle", extra="basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n")
        middle = object.__new__(Authority)
        middle.__dict__.update(ca.__dict__, cert=ca.folder / "middle.pem",
                               key=ca.folder / "middle.key")
        leaf, key = middle.issue("below")
        with go_server((leaf, key)) as port, Fetcher("--ca-file", ca.cert) as fetcher:
            self.check_error(fetcher.get(f"https://127.0.0.1:{port}/hello"),
                             "unknown issuer CN=middle")
        leaf.write_text(leaf.read_text() + middle.cert.read_text())
        with go_server((leaf, key)) as port, Fetcher("--ca-file", ca.cert) as fetcher:
            self.check(fetcher.get(f"https://127.0.0.1:{port}/hello"))

    def test_files_that_are_replaced(self):
        trusted = os.path.join(self.folder.name, "trusted.pem")
        other = Authority(self.folder.name, "next", "/CN=Next CA")

        def trust(text):
            with open(trusted + ".new", "w", encoding="ascii") as file:
                file.write(text)
            os.rename(trusted + ".new", trusted)

        def get_until(condition):
            while True:
                result = fetcher.get(url)
                if condition(result):
                    return result

        trust(other.cert.read_text())
        with go_server(self.ec) as port, Fetcher("--ca-file", trusted) as fetcher:
            url = f"https://127.0.0.1:{port}/close"
            self.check_error(fetcher.get(url), "unknown issuer")
            trust(self.ca.cert.read_text())
            result = get_until(lambda result: result["error"] == "")
            self.assertIn("read again", result["notes"][0])
            trust("nothing of use")
            result = get_until(lambda result: result["notes"])
            self.check(result, 3)
            self.assertIn(f"used on: ca-file {trusted}: no certificate can be read",
                          result["notes"][0])
            trust(other.cert.read_text())
            get_until(lambda result: "unknown issuer" in result["error"])

    def test_a_plain_server_and_a_silent_one(self):
        def serve(listener, answer):
            conn, _ = listener.accept()
            with conn:
                conn.recv(1000)
                conn.sendall(answer)
                conn.shutdown(socket.SHUT_WR)
                conn.recv(1000)

        for answer, text in ((b"HTTP/1.1 400 Bad Request\r\n\r\n", "no TLS but plain HTTP"),
                             (b"", "before it said anything: does it speak TLS?")):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                thread = threading.Thread(target=serve, args=(listener, answer))
                thread.start()
                with Fetcher() as fetcher:
                    result = fetcher.get(f"https://127.0.0.1:{listener.getsockname()[1]}/")
                    self.check_error(result, text)
                thread.join()
        with socket.create_server(("127.0.0.1", 0)) as listener, \
                Fetcher("--timeout-ms", "1500") as fetcher:
            result = fetcher.get(f"https://127.0.0.1:{listener.getsockname()[1]}/")
            self.assertEqual(result["error"], "timed out in the TLS handshake")


if __name__ == "__main__":
    unittest.main()
