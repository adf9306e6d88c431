#!/usr/bin/env python3
"""The stats endpoint and browsers that somebody else's page leads to it."""

import base64
import http.client
import unittest

import flow


class Asking(flow.FlowTest):
    def ask(self, pyrite, method, path, **headers):
        connection = http.client.HTTPConnection(pyrite.address(), timeout=flow.PATIENCE)
        self.addCleanup(connection.close)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


class Guard(Asking):
    def test_names_that_are_not_its_own(self):
        pyrite = self.pyrite()
        status, text = self.ask(pyrite, "GET", "/api/v1/targets", Host="evil.example:4041")
        self.assertEqual(status, 403)
        self.assertIn("server: hosts:", text)
        for host in (pyrite.address(), "localhost:4041"):
            self.assertEqual(self.ask(pyrite, "GET", "/", Host=host)[0], 200)

    def test_names_that_it_was_given(self):
        """Also by a reload."""
        yaml = flow.config(flow.job("app", "127.0.0.1:1", ["mem"]))
        pyrite = self.pyrite("server: {hosts: [edge1.example]}\n" + yaml,
                             arguments=["--web.enable-lifecycle"])
        self.assertEqual(self.ask(pyrite, "GET", "/", Host="edge1.example")[0], 200)
        self.assertEqual(self.ask(pyrite, "GET", "/", Host="edge2.example")[0], 403)
        [path] = self.folder.glob("pyrite-*.yml")
        path.write_text("server: {hosts: [edge2.example]}\n" + yaml)
        self.assertEqual(self.ask(pyrite, "POST", "/-/reload")[0], 200)
        self.assertEqual(self.ask(pyrite, "GET", "/", Host="edge1.example")[0], 403)
        self.assertEqual(self.ask(pyrite, "GET", "/", Host="edge2.example")[0], 200)

    def test_other_pages_cannot_post(self):
        pyrite = self.pyrite(flow.config(flow.job("app", "127.0.0.1:1", ["mem"])),
                             arguments=["--web.enable-lifecycle"])
        reload = lambda origin: self.ask(pyrite, "POST", "/-/reload", Origin=origin)[0]
        self.assertEqual(reload("http://evil.example"), 403)
        self.assertEqual(reload("null"), 403)
        self.assertEqual(reload(f"http://{pyrite.address()}"), 200)

    def test_a_public_address_is_told(self):
        warning = "whoever reaches this host"
        self.assertEqual(self.pyrite(storage=self.folder / "a").find(warning), [])
        pyrite = self.pyrite(listen="0.0.0.0:0", storage=self.folder / "b")
        self.wait(lambda: pyrite.find(f"level=warn .*{warning}"), "it is told", alive=pyrite)


class WebConfig(Asking):
    """Users and tokens."""

    # "secret"
    HASH = "$2b$04$bs9/WKoBO6BZUuWmiZWmcegF7FC0QlmELgwBO6MsNHJ70OsnSLOK."

    def web(self, text):
        path = self.folder / "web.yml"
        path.write_text(text)
        return path

    def basic(self, pair):
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def test_users(self):
        web = self.web(f"basic_auth_users:\n  alice: {self.HASH}\n")
        pyrite = self.pyrite(arguments=["--web.config.file", web], listen="0.0.0.0:0")
        self.assertEqual(pyrite.find("whoever reaches this host"), [])
        get = lambda path, **headers: self.ask(pyrite, "GET", path, **headers)[0]
        for path in ("/", "/metrics", "/-/healthy", "/nowhere"):
            self.assertEqual(get(path), 401)
            self.assertEqual(get(path, Authorization=self.basic("alice:wrong")) in (401, 429), True)
        self.wait(lambda: get("/", Authorization=self.basic("alice:secret")) == 200,
                  "alice is let in")
        self.assertEqual(get("/nowhere", Authorization=self.basic("alice:secret")), 404)

    def test_targets_are_shown_to_whom_it_knows(self):
        web = self.web(f"basic_auth_users:\n  alice: {self.HASH}\nbearer_token: one\n")
        pyrite = self.pyrite(arguments=["--web.config.file", web])
        for name in ("secret", "wrong", "one", "two"):
            (self.folder / name).write_text(name + "\n")
        ask = lambda *who, **options: flow.targets(pyrite.address(), *who, **options)
        self.assertIn("pyrite", ask("--token-file", self.folder / "one"))
        self.assertIn("401", ask("--token-file", self.folder / "two", code=1))
        self.assertIn("401", ask(code=1))
        alice = ("--user", "alice", "--password-file")
        self.assertIn("pyrite", ask(*alice, self.folder / "secret"))
        self.assertRegex(ask(*alice, self.folder / "wrong", code=1), "401|429")
        self.assertIn("No such file", ask(*alice, self.folder / "none", code=1))

    def test_users_change_by_a_reload(self):
        web = self.web("bearer_token: one\n")
        yaml = "server: {web-config-file: web.yml}\n" + flow.config(
            flow.job("app", "127.0.0.1:1", ["mem"]))
        pyrite = self.pyrite(yaml)
        get = lambda token: self.ask(pyrite, "GET", "/", Authorization=f"Bearer {token}")[0]
        self.assertEqual((get("one"), get("two")), (200, 401))
        self.web("bearer_token: [\n")
        pyrite.send(flow.signal.SIGHUP)
        self.wait(lambda: pyrite.find(r"reload failed.*web.yml"), "the reload fails")
        self.assertEqual((get("one"), get("two")), (200, 401))
        self.web("bearer_token: two\n")
        pyrite.send(flow.signal.SIGHUP)
        self.wait(lambda: (get("one"), get("two")) == (401, 200), "the token is another")

    def test_a_file_that_is_wrong(self):
        web = self.web("basic_auth_users:\n  alice: secret\n")
        pyrite = self.watch(flow.Pyrite(self.folder, arguments=["--web.config.file", web]))
        self.assertEqual(pyrite.ended(), 1)
        self.assertTrue(pyrite.find(r"web.yml:2:10: alice: is no hash of bcrypt's"))
        self.assertEqual(pyrite.find("secret"), [])


if __name__ == "__main__":
    unittest.main()
