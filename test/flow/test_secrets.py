#!/usr/bin/env python3
"""Secrets are sent to whom they are for, and shown nowhere: a canary in every
place that may hold one, and a look at all that Pyrite says and keeps."""

import base64
import os
import signal
import sys
import unittest

import flow
import pprof
import server

sys.path.insert(0, str(flow.tools.ROOT / "test" / "net"))
from tls_tools import Authority  # noqa: E402

PATH = "/debug/pprof/goroutine"
GOOD = pprof.encode((("goroutine", "count"),), {("main.main",): (1,)}, ("goroutine", "count"), 1)
PAGES = ["/", "/metrics", "/api/v1/targets", "/targets", "/-/ready", "/no/such/page",
         "/debug/pprof/heap"]


class Secrets(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.canaries = {}  # text: whether it is sent as it is
        self.heard = []
        routes = {PATH: lambda e: self.hear(e) or e.reply(GOOD),
                  "/denied" + PATH: self.deny, "/sd": self.list_targets,
                  "http://far.example" + PATH: lambda e: self.hear(e) or e.reply(GOOD),
                  "far.example:443": self.deny, "/api/v1/pods": self.deny, "/": self.deny}
        self.server = server.Server(routes)
        self.addCleanup(self.server.close)
        self.address = self.server.address

    def hear(self, exchange):
        self.heard.append(repr(exchange.headers))

    def deny(self, exchange):
        """Quotes what it does not like, as servers do, and passwords as they are."""
        self.hear(exchange)
        quoted = [value for name, value in exchange.headers.items()
                  if name.lower() in ("authorization", "proxy-authorization", "x-key", "x-file")]
        quoted += [base64.b64decode(value[len("Basic "):]).decode() for value in quoted
                   if value.startswith("Basic ")]
        return exchange.reply(f"no: {' '.join(quoted)}\n".encode(), "403 Forbidden")

    def list_targets(self, exchange):
        self.hear(exchange)
        return exchange.reply(f'[{{"targets": ["{self.address}"]}}]'.encode(),
                              Content_Type="application/json")

    def canary(self, name, is_sent=True):
        text = f"canary-{name}-d41d8cd9"
        self.canaries[text] = is_sent
        return text

    def basic(self, name):
        """A password, which goes out in base64."""
        password = self.canary(name, is_sent=False)
        self.canaries[base64.b64encode(f"pyrite:{password}".encode()).decode()] = True
        return password

    def file(self, name, text):
        (self.folder / name).write_text(text + "\n")
        return name

    def ways(self):
        """name: how a job says who it is."""
        header = self.file("header", self.canary("header-file"))
        return {
            "basic": f"basic-auth: {{username: pyrite, password: {self.basic('basic')}}}",
            "basic_file": "basic-auth: {username: pyrite, password-file: "
                          f"{self.file('password', self.basic('basic-file'))}}}",
            "token": f"bearer-token: {self.canary('token')}",
            "token_file": f"bearer-token-file: {self.file('token', self.canary('token-file'))}",
            "credentials": "authorization: {type: Own, credentials: "
                           f"{self.canary('credentials')}}}",
            "headers": f"http-headers: {{X-Key: {{secrets: [{self.canary('header')}]}}, "
                       f"X-File: {{files: [{header}]}}}}"}

    def jobs(self):
        ways = self.ways()
        denied = f"profiles: {{goroutines: {{path: /denied{PATH}}}}}"
        proxy = f"proxy-url: 'http://pyrite:{self.basic('proxy')}@{self.address}'"
        connect = f"proxy-connect-header: {{X-Key: [{self.canary('connect')}]}}"
        jobs = []
        for name, extra in ways.items():
            jobs.append(flow.job(name, self.address, ["goroutines"], extra=extra))
            jobs.append(flow.job(f"{name}_denied", self.address, ["goroutines"],
                                 extra=f"{extra}\n{denied}"))
            jobs.append(flow.job(f"{name}_down", "127.0.0.1:1", ["goroutines"], extra=extra))
        jobs.append(flow.job("far", "far.example", ["goroutines"], extra=proxy))
        jobs.append(flow.job("far_tls", "far.example", ["goroutines"],
                             extra=f"scheme: https\n{proxy}\n{connect}"))
        for scheme in ("https", "socks5"):
            there = f"{scheme}://pyrite:{self.canary(scheme, is_sent=False)}@127.0.0.1:1"
            jobs.append(flow.job(scheme, "far.example", ["goroutines"],
                                 extra=f"proxy-url: {there}"))
        jobs.append(flow.job("environment", "far.example", ["goroutines"],
                             extra="proxy-from-environment: true"))
        jobs.append(flow.job("key", "127.0.0.1:1", ["goroutines"],
                             extra=f"scheme: https\ntls-config:\n{self.key_pair()}"))
        jobs.append(self.found(self.canary("sd"), self.canary("kubernetes"),
                               self.canary("ec2", is_sent=False)))
        return jobs

    def key_pair(self):
        cert, key = Authority(self.folder).issue("client")
        self.canaries[key.read_text().splitlines()[2]] = False
        return "".join(f"  {name}: |\n" + "".join(
            f"    {line}\n" for line in path.read_text().splitlines())
            for name, path in (("cert", cert), ("key", key)))

    def found(self, token, kubernetes, key):
        return f"""\
  - job-name: found
    scrape-interval: 1s
    enabled-profiles: [goroutines]
    http-sd-configs:
      - {{url: 'http://{self.address}/sd', bearer-token: {token}, refresh-interval: 1s}}
      - {{url: 'http://{self.address}/', bearer-token: {token}, refresh-interval: 1s}}
    kubernetes-sd-configs:
      - {{role: pod, api-server: 'http://{self.address}', bearer-token: {kubernetes}}}
    ec2-sd-configs:
      - {{region: a, endpoint: 'http://{self.address}', access-key: AKIDEXAMPLE,
         secret-key: {key}}}
    relabel-configs:
      - {{target-label: __name__, replacement: found}}
"""

    def bad(self):
        """A configuration that is wrong wherever a secret stands."""
        secret = self.canary("bad", is_sent=False)
        return flow.config(
            flow.job("a", f"pyrite:{secret}@127.0.0.1:1", ["mem"],
                     extra=f"bearer-token: [{secret}]\nproxy-url: socks4://a:{secret}@b"),
            flow.job("b", "127.0.0.1:1", ["mem"],
                     extra=f"basic-auth: {{pasword: {secret}}}\n"
                           f"http-headers: {{X: {{secrets: [\"{secret}\\n\"], value: {secret}}}}}\n"
                           f"proxy-connect-header: {{Host: [{secret}]}}\n"
                           f"tls-config: {{key: {secret}, cert: {secret}}}\n"
                           f"http-sd-configs: [{{url: 'http://a:{secret}@b/'}}]\n"
                           f"ec2-sd-configs: [{{region: a, secret-key: [{secret}]}}]"))

    def said(self, pyrite, path):
        """All that can be seen: where, bytes."""
        yield "the log", pyrite.text().encode()
        for page in PAGES:
            yield page, flow.gunzip(pyrite.get(page)[1])
        for command in (["check", path], ["check", self.folder / "bad.yml"],
                        ["targets", "--address", pyrite.address()]):
            done = flow.tools.run(flow.PYRITE, *map(str, command))
            yield command[0], (done.stdout + done.stderr).encode()
        for segment in pyrite.storage.rglob("*"):
            if segment.is_file():
                yield segment.name, segment.read_bytes()

    def test_a_canary_everywhere(self):
        path = self.folder / "live.yml"
        path.write_text(flow.config(*self.jobs()))
        (self.folder / "bad.yml").write_text(self.bad())
        environment = self.canary("environment", is_sent=False)
        pyrite = self.pyrite(arguments=["--config", str(path)],
                             env=dict(os.environ, HTTP_PROXY=f"http://a:{environment}@b"))
        for text in [text for text, is_sent in self.canaries.items() if is_sent]:
            self.wait(lambda: any(text in heard for heard in list(self.heard)),
                      f"{text} is sent", alive=pyrite)
        for job in ("basic", "headers", "far", "found"):
            self.wait(lambda: pyrite.stored(job=job), f"{job} is stored", alive=pyrite)
        for job in ("token_denied", "token_down", "far_tls", "environment", "key"):
            self.wait(lambda: pyrite.find(f"job={job} .*error="), f"{job} fails", alive=pyrite)
        for way in self.ways():
            self.wait(lambda: pyrite.find(rf"job={way}_denied .*403 Forbidden: no: .*\*\*\*"),
                      f"{way} is quoted without its secret", alive=pyrite)
        good = path.read_text()
        path.write_text(self.bad())
        pyrite.send(signal.SIGHUP)
        self.wait(lambda: pyrite.find("level=error"), "it is refused", alive=pyrite)
        path.write_text(good)
        for where, data in self.said(pyrite, path):
            for text in self.canaries:
                self.assertNotIn(text.encode(), data, where)
            self.assertNotIn(b"canary", data, where)
        self.stop(pyrite)
        self.assertNotIn("canary", pyrite.text())


if __name__ == "__main__":
    unittest.main()
