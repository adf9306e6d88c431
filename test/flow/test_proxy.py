#!/usr/bin/env python3
"""Go programs behind what stands before programs: forward proxies (tinyproxy, also
behind TLS, and microsocks), and a server that ends TLS for them (nginx)."""

import json
import os
import socket
import sys
import unittest

import flow
import server

sys.path.insert(0, str(flow.tools.ROOT / "test" / "net"))
from tls_tools import Authority  # noqa: E402

KINDS = ["goroutines", "mem"]


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def first_address(name):
    """Of those that a name has, the one that a program tries which tries but one, as
    microsocks does; as in a URL."""
    family, _, _, _, address = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)[0]
    return f"[{address[0]}]" if family == socket.AF_INET6 else address[0]


class Proxy(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.ca = Authority(self.folder)
        self.pair = self.ca.issue("server")

    def serve(self, what, command):
        """Runs a server that takes no port 0: what `command` makes of a port that is
        free."""
        for _ in range(5):
            [port] = flow.tools.free_ports(1)
            program = self.watch(flow.Program(command(port), cwd=self.folder))
            self.wait(lambda: listens(port) or not program.running(), f"{what} listens")
            if program.running():
                return program, f"127.0.0.1:{port}"
        self.fail(f"{what} does not start")

    def serve_by_file(self, what, command, write_config):
        def write(port):
            path = self.folder / f"{what}-{port}.conf"
            path.write_text(write_config(port))
            return [flow.tools.need(what), *command, path]
        return self.serve(what, write)

    def tinyproxy(self):
        return self.serve_by_file(
            "tinyproxy", ["-d", "-c"],
            lambda port: f"Listen 127.0.0.1\nPort {port}\nTimeout 60\nLogLevel Connect\n"
                         f"MaxClients 50\nBasicAuth pyrite s3cret\n")

    def microsocks(self):
        program = flow.tools.need("microsocks")
        return self.serve("microsocks", lambda port: [
            program, "-i", "127.0.0.1", "-p", str(port), "-u", "pyrite", "-P", "s3cret"])

    def nginx(self, upstream):
        (self.folder / "users").write_text("pyrite:{PLAIN}s3cret\n")
        places = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return self.serve_by_file(
            "nginx", ["-e", "stderr", "-c"],
            lambda port: f"daemon off; master_process off; pid {self.folder}/nginx.pid;\n"
                         f"events {{}}\nhttp {{ access_log off;\n{places}"
                         f"server {{ listen 127.0.0.1:{port} ssl;\n"
                         f"ssl_certificate {self.pair[0]}; ssl_certificate_key {self.pair[1]};\n"
                         f"ssl_client_certificate {self.ca.cert}; ssl_verify_client on;\n"
                         f"auth_basic pyrite; auth_basic_user_file {self.folder}/users;\n"
                         f"location / {{ proxy_pass http://{upstream}; }} }} }}\n")[1]

    def tls_target(self):
        return self.go_target("-cert", self.pair[0], "-key", self.pair[1],
                              program="tlstarget").address()

    def tokens(self):
        answer = json.dumps({"access_token": "abc", "expires_in": 3600}).encode()
        tokens = server.Server({"/token": lambda exchange: exchange.reply(
            answer, Content_Type="application/json")})
        self.addCleanup(tokens.close)
        return tokens.address

    def oauth2(self, tokens, proxy):
        return (f"oauth2: {{client-id: pyrite, token-url: 'http://{tokens}/token',\n"
                f"  {proxy.strip()}}}")

    def https(self):
        return f"scheme: https\n{self.trust()}"

    def trust(self):
        return f"tls-config: {{ca-file: {self.ca.cert}}}\n"

    def stored(self, pyrite, name, kinds):
        for kind in kinds:
            self.wait(lambda: pyrite.stored(job=name, profile=kind) > 1, f"{name} {kind}",
                      alive=pyrite)

    def refused(self, pyrite, name, error):
        lines = self.wait(lambda: pyrite.find(f"job={name} .*error="), f"{name} fails",
                          alive=pyrite)
        self.assertRegex(lines[0], error)
        self.assertEqual(pyrite.stored(job=name), 0)

    def test_a_forward_proxy(self):
        proxy, address = self.tinyproxy()
        plain = self.go_target().address()
        tls = self.tls_target()
        known = f"proxy-url: 'http://pyrite:s3%63ret@{address}'"
        https = self.https()
        stranger = f"proxy-url: http://{address}"
        pyrite = self.pyrite(flow.config(
            flow.job("plain", plain, KINDS, extra=known),
            flow.job("tls", tls, KINDS, extra=https + known),
            flow.job("stranger", plain, KINDS, extra=stranger),
            flow.job("tls_stranger", tls, KINDS, extra=https + stranger),
            flow.job("nowhere", "127.0.0.1:1", KINDS, extra=https + known),
            flow.job("direct", plain, KINDS,
                     extra="proxy-url: http://127.0.0.1:1\nno-proxy: 10.1.1.1,127.0.0.0/8"),
            flow.job("environment", plain, KINDS, extra="proxy-from-environment: true")),
            env=dict(os.environ, HTTP_PROXY="http://127.0.0.1:1"))
        for name in ("plain", "tls", "direct", "environment"):
            self.stored(pyrite, name, KINDS)
        self.refused(pyrite, "stranger", f"proxy {address} answered 407 Proxy Authentication")
        self.refused(pyrite, "tls_stranger", f"proxy {address} answered 407 Proxy "
                     f"Authentication Required to CONNECT {tls}")
        self.refused(pyrite, "nowhere", f"proxy {address} answered 50. .* to CONNECT 127.0.0.1:1")
        self.assertGreater(
            pyrite.metric("pyrite_scrape_failures_total", job="nowhere", reason="proxy"), 0)
        self.assertTrue(proxy.find(f"CONNECT {tls}"))
        # A tunnel is kept; a scrape costs no handshake.
        self.assertGreater(pyrite.metric("pyrite_connections_reused_total"), 0)
        self.stop(pyrite)
        self.assertNotIn("s3cret", pyrite.text())

    def test_a_forward_proxy_that_is_asked_by_tls(self):
        proxy, address = self.tinyproxy()
        client = self.ca.issue("client")
        front = self.go_target("-to", address, "-cert", self.pair[0], "-key", self.pair[1],
                               "-client-ca", self.ca.cert, program="tlstarget").address()
        plain, tls = self.go_target().address(), self.tls_target()
        shown = f"cert-file: {client[0]}, key-file: {client[1]}"
        known = f"proxy-url: https://pyrite:s3cret@{front}\n"
        trust = f"tls-config: {{ca-file: {self.ca.cert}, {shown}}}\n"
        pyrite = self.pyrite(flow.config(
            flow.job("plain", plain, KINDS, extra=trust + known),
            flow.job("tls", tls, ["cpu", *KINDS], "2s",
                     "scheme: https\n" + trust + known + flow.cpu_seconds(1)),
            # Its name is what is verified, whatever that of the target is.
            flow.job("named", tls, KINDS, extra="scheme: https\n" + known +
                     f"tls-config: {{ca-file: {self.ca.cert}, {shown}, server-name: localhost}}"),
            flow.job("nobody", tls, KINDS,
                     extra=f"scheme: https\n{trust}proxy-url: https://{front}"),
            flow.job("nameless", plain, KINDS, extra=known + self.trust()),
            flow.job("untrusted", plain, KINDS, extra=known)))
        for name in ("plain", "tls", "named"):
            self.stored(pyrite, name, KINDS)
        self.stored(pyrite, "tls", ["cpu"])
        self.refused(pyrite, "nobody", f"proxy {front} answered 407 Proxy Authentication "
                     f"Required to CONNECT {tls}")
        self.refused(pyrite, "nameless", f"proxy {front}: TLS: server requires a client cert")
        self.refused(pyrite, "untrusted", f"proxy {front}: TLS: certificate is of unknown issuer")
        self.assertTrue(proxy.find(f"CONNECT {tls}"))
        self.assertGreater(pyrite.metric("pyrite_connections_reused_total"), 0)
        self.stop(pyrite)
        self.assertNotIn("s3cret", pyrite.text())

    def test_a_socks_proxy(self):
        proxy, address = self.microsocks()
        plain, tls = self.go_target().address(), self.tls_target()
        tokens = self.tokens()
        named = self.go_target(listen=f"{first_address('localhost')}:0").address()
        by_name = f"localhost:{named.rpartition(':')[2]}"
        known = f"proxy-url: socks5://pyrite:s3%63ret@{address}\n"
        stranger = f"proxy-url: socks5://{address}\n"
        pyrite = self.pyrite(flow.config(
            flow.job("plain", plain, KINDS, extra=known),
            flow.job("name", by_name, KINDS, extra=known.replace("socks5:", "socks5h:")),
            flow.job("tls", tls, ["cpu", *KINDS], "2s",
                     self.https() + known + flow.cpu_seconds(1)),
            flow.job("stranger", plain, KINDS, extra=stranger),
            flow.job("liar", plain, KINDS, extra=stranger.replace("//", "//pyrite:wrong@")),
            flow.job("nowhere", "127.0.0.1:1", KINDS, extra=self.https() + known),
            flow.job("token", plain, KINDS, extra=self.oauth2(tokens, known)),
            flow.job("environment", plain, KINDS, extra="proxy-from-environment: true")),
            env=dict(os.environ, HTTP_PROXY="socks5://127.0.0.1:1"))
        for name in ("plain", "name", "tls", "token", "environment"):
            self.stored(pyrite, name, KINDS)
        self.stored(pyrite, "tls", ["cpu"])
        self.refused(pyrite, "stranger",
                     f"proxy {address}: SOCKS5 to {plain}: it wants to know who asks")
        self.refused(pyrite, "liar", f"{plain}: it refused user and password")
        self.refused(pyrite, "nowhere",
                     f"proxy {address}: SOCKS5 to 127.0.0.1:1: it answered 5 connection refused")
        self.assertGreater(
            pyrite.metric("pyrite_scrape_failures_total", job="nowhere", reason="proxy"), 0)
        # The name is the proxy's to resolve, and what goes over it goes on.
        self.assertTrue(proxy.find(f"connected to {by_name}"))
        self.assertTrue(proxy.find(f"connected to {tokens}"))
        self.assertGreater(pyrite.metric("pyrite_connections_reused_total"), 0)
        self.stop(pyrite)
        self.assertNotIn("s3cret", pyrite.text())

    def test_a_server_that_ends_tls(self):
        client = self.ca.issue("client")
        address = self.nginx(self.go_target().address())
        (self.folder / "password").write_text("s3cret\n")
        mutual = (f"scheme: https\ntls-config: {{ca-file: {self.ca.cert}, "
                  f"cert-file: {client[0]}, key-file: {client[1]}}}\n")
        pyrite = self.pyrite(flow.config(
            flow.job("known", address, ["cpu", *KINDS], "2s", mutual + flow.cpu_seconds(1) +
                     "basic-auth: {username: pyrite, password-file: password}"),
            flow.job("nameless", address, KINDS, extra=mutual),
            flow.job("stranger", address, KINDS,
                     extra=f"scheme: https\ntls-config: {{ca-file: {self.ca.cert}}}")))
        self.stored(pyrite, "known", ["cpu", *KINDS])
        self.refused(pyrite, "nameless", "401 Unauthorized")
        self.refused(pyrite, "stranger", "400 Bad Request.*SSL certificate")
        self.stop(pyrite)


if __name__ == "__main__":
    unittest.main()
