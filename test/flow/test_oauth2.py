#!/usr/bin/env python3
"""Targets that take tokens only, and a server behind TLS that gives them."""

import base64
import json
import os
import re
import ssl
import sys
import threading
import unittest
import urllib.parse

import flow
import pprof
import server

sys.path.insert(0, str(flow.tools.ROOT / "test" / "net"))
from tls_tools import Authority  # noqa: E402

PATH = "/debug/pprof/goroutine"
TYPES = (("goroutine", "count"),)
BODY = pprof.encode(TYPES, {("main.main",): (1,)}, TYPES[0], 1)
CANARY = "canary-0123456789"


class Tokens:
    """Gives tokens that are good for a while, to who knows the secret."""

    def __init__(self, context, lives_s=3600):
        self.secret, self.lives_s = CANARY, lives_s
        self.good, self.given, self.asked = set(), 0, []
        self.lock = threading.Lock()
        self.answer = self.give
        self.server = server.Server({"/token": lambda e: self.answer(e)}, context=context)
        self.url = f"https://{self.server.address}/token"

    def give(self, exchange):
        self.asked.append((exchange.method, exchange.headers, exchange.body.decode()))
        said = base64.b64decode(exchange.headers.get("authorization", "Basic ")[6:]).decode()
        if said != f"pyrite:{self.secret}":
            return self.refuse(exchange)
        with self.lock:
            self.given += 1
            token = f"{CANARY}.token-{self.given}"
            self.good.add(token)
        return exchange.reply(json.dumps(
            {"access_token": token, "token_type": "Bearer",
             "expires_in": self.lives_s}).encode(), Content_Type="application/json")

    def refuse(self, exchange):
        return exchange.reply(json.dumps(
            {"error": "invalid_client", "error_description": "who are\nyou"}).encode(),
            "401 Unauthorized", Content_Type="application/json")

    def protect(self, exchange):
        """A route of a target: a profile for who has a good token."""
        kind, _, token = exchange.headers.get("authorization", "").partition(" ")
        if kind == "Bearer" and token in self.good:
            return exchange.reply(BODY)
        return exchange.reply(b"no token that I know", "401 Unauthorized")


class OAuth2(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.ca = Authority(self.folder)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*self.ca.issue("server"))
        self.secret = self.folder / "secret"
        self.secret.write_text(f"{CANARY}\n")

    def tokens(self, **kwargs):
        tokens = Tokens(self.context, **kwargs)
        self.addCleanup(tokens.server.close)
        return tokens

    def target(self, tokens):
        target = server.Server({PATH: tokens.protect})
        self.addCleanup(target.close)
        return target

    def job(self, name, addresses, tokens, interval="300ms", more=""):
        """All of a job's targets share its tokens."""
        url = tokens if isinstance(tokens, str) else tokens.url
        text = flow.job(name, addresses[0], ["goroutines"], interval, f"""oauth2:
  client-id: pyrite
  client-secret-file: {self.secret.name}
  scopes: [a, b]
  token-url: {url}
  endpoint-params: {{audience: shop}}
  tls-config: {{ca-file: {self.ca.cert.name}}}
{more}""".rstrip())
        rest = ", ".join(f"'{address}'" for address in addresses)
        return text.replace(f"['{addresses[0]}']", f"[{rest}]")

    def stored(self, pyrite, name, more=2):
        before = pyrite.stored(job=name)
        self.wait(lambda: pyrite.stored(job=name) >= before + more, f"{name} is scraped",
                  alive=pyrite)

    def failed(self, pyrite, name, error):
        """The job's last error, when it is that one."""
        def last():
            page = json.loads(pyrite.get(f"/api/v1/targets?scrapePool={name}")[1])
            errors = [target["lastError"] for target in page["data"]["activeTargets"]
                      if target["scrapePool"] == name]
            return next((text for text in errors if re.search(error, text)), None)
        return self.wait(last, f"{name} fails: {error}", alive=pyrite)

    def assert_no_secret(self, pyrite):
        self.assertNotIn(CANARY, pyrite.text())
        for page in ("/", "/targets", "/api/v1/targets", "/metrics"):
            self.assertNotIn(CANARY, pyrite.get(page)[1].decode())

    def test_one_token_for_all_targets(self):
        tokens = self.tokens()
        targets = [self.target(tokens) for _ in range(5)]
        pyrite = self.pyrite(flow.config(
            self.job("app", [target.address for target in targets], tokens)))
        self.wait(lambda: all(target.requests[PATH] > 2 for target in targets),
                  "all are scraped", alive=pyrite)
        self.assertEqual(tokens.given, 1)
        method, headers, body = tokens.asked[0]
        self.assertEqual((method, headers["content-type"]),
                         ("POST", "application/x-www-form-urlencoded"))
        self.assertEqual(urllib.parse.parse_qs(body, strict_parsing=True),
                         {"grant_type": ["client_credentials"], "scope": ["a b"],
                          "audience": ["shop"]})
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job="app"), 0)
        # Those that are taken back are replaced, and no scrape is lost.
        tokens.good.clear()
        self.wait(lambda: tokens.given == 2, "another is asked for", alive=pyrite)
        self.stored(pyrite, "app", 10)
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job="app"), 0)
        self.assert_no_secret(pyrite)

    def test_tokens_that_end_are_replaced(self):
        tokens = self.tokens(lives_s=11)  # of which the last ten seconds are not used
        pyrite = self.pyrite(flow.config(
            self.job("app", [self.target(tokens).address], tokens)))
        self.wait(lambda: tokens.given >= 3, "three tokens are given", alive=pyrite)
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job="app"), 0)
        self.assert_no_secret(pyrite)

    def test_a_server_that_gives_none(self):
        """Each in its own way, with a reason of its own; other jobs go on."""
        tokens, broken = self.tokens(), self.tokens()
        address = self.target(tokens).address
        silent = self.tokens()
        silent.answer = silent.server.hang
        gone = self.tokens()
        gone.server.close()
        pyrite = self.pyrite(flow.config(
            self.job("good", [address], tokens), self.job("broken", [address], broken),
            self.job("silent", [address], silent, more="scrape-timeout: 1s"),
            self.job("gone", [address], gone)))
        answers = {
            "no token, status 401, invalid_client: who are.+nyou": broken.refuse,
            "no token, status 500": lambda e: e.reply(b"<html>" + CANARY.encode(), "500 Oops"),
            "the answer is no JSON object": lambda e: e.reply(CANARY.encode()),
            "the answer has no access_token": lambda e: e.reply(b'{"token": "%s"}'
                                                                % CANARY.encode()),
            "the body is larger than 64 KiB": lambda e: e.reply(b" " * (1 << 20)),
            "connection closed": lambda e: False}
        for error, answer in answers.items():
            broken.answer = answer
            self.assertIn(f"oauth2: token-url {broken.url}: ",
                          self.failed(pyrite, "broken", error))
        self.failed(pyrite, "gone", "oauth2: token-url .*connection refused")
        self.failed(pyrite, "silent", "waiting for a token of https://")
        self.assertGreater(pyrite.metric("pyrite_scrape_failures_total", job="broken",
                                         reason="auth"), len(answers) - 1)
        self.assertGreater(pyrite.metric("pyrite_scrape_failures_total", job="silent",
                                         reason="timeout"), 0)
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job="good"), 0)
        self.assertEqual(pyrite.stored(job="silent") + pyrite.stored(job="broken"), 0)
        broken.answer = broken.give
        tokens.good = broken.good  # the target knows those, too
        self.stored(pyrite, "broken")
        self.assert_no_secret(pyrite)

    def test_the_secret_and_the_authority_are_files(self):
        tokens = self.tokens()
        stranger = Authority(self.folder, "other", "/CN=Other")
        trusted = self.folder / "trusted.pem"
        trusted.write_text(stranger.cert.read_text())
        config = flow.config(self.job("app", [self.target(tokens).address], tokens))
        pyrite = self.pyrite(config.replace(f"ca-file: {self.ca.cert.name}",
                                            f"ca-file: {trusted.name}"))
        self.failed(pyrite, "app", "oauth2: token-url .*TLS: .*unknown issuer CN=Test CA")
        part = self.folder / "part"
        part.write_text(self.ca.cert.read_text())
        os.replace(part, trusted)
        self.stored(pyrite, "app")
        # Another secret: what was given for the old one is not used.
        tokens.secret = f"{CANARY}-new"
        failures = pyrite.metric("pyrite_scrape_failures_total", job="app")
        part.write_text(tokens.secret)
        os.replace(part, self.secret)
        given = tokens.given
        self.wait(lambda: tokens.given > given, "another token is given", alive=pyrite)
        self.stored(pyrite, "app")
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job="app"), failures)
        self.secret.unlink()
        self.failed(pyrite, "app", "oauth2: client-secret-file: .*No such file")
        self.assert_no_secret(pyrite)

    def test_a_discovery_asks_with_a_token(self):
        tokens = self.tokens()
        target = server.Server({PATH: lambda e: e.reply(BODY)})
        self.addCleanup(target.close)
        listing = json.dumps([{"targets": [target.address],
                               "labels": {"__name__": "app"}}]).encode()

        def answer(exchange):
            if exchange.headers.get("authorization", "")[7:] not in tokens.good:
                return exchange.reply(b"", "401 Unauthorized")
            return exchange.reply(listing, Content_Type="application/json")

        lists = server.Server({"/targets": answer})
        self.addCleanup(lists.close)
        pyrite = self.pyrite(f"""scrape-configs:
  - job-name: found
    scrape-interval: 300ms
    enabled-profiles: [goroutines]
    http-sd-configs:
      - url: http://{lists.address}/targets
        refresh-interval: 1s
        oauth2:
          client-id: pyrite
          client-secret: {CANARY}
          token-url: {tokens.url}
          tls-config: {{ca-file: {self.ca.cert}}}
""")
        self.stored(pyrite, "found")
        tokens.good.clear()
        asked = lists.requests["/targets"]
        self.wait(lambda: lists.requests["/targets"] > asked + 3, "it is refreshed",
                  alive=pyrite)
        self.assertEqual(pyrite.find("discovery failed"), [])
        self.assertEqual(tokens.given, 2)
        self.assert_no_secret(pyrite)


if __name__ == "__main__":
    unittest.main()
