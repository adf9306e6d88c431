#!/usr/bin/env python3
"""The stats endpoint and browsers that somebody else's page leads to it."""

import http.client
import unittest

import flow


class Guard(flow.FlowTest):
    def ask(self, pyrite, method, path, **headers):
        connection = http.client.HTTPConnection(pyrite.address(), timeout=flow.PATIENCE)
        self.addCleanup(connection.close)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()

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
        self.assertEqual(len(pyrite.find(f"level=warn .*{warning}")), 1)


if __name__ == "__main__":
    unittest.main()
