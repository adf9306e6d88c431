#!/usr/bin/env python3
"""Go programs behind TLS, scraped from YAML alone."""

import os
import signal
import sys
import unittest

import flow

sys.path.insert(0, str(flow.tools.ROOT / "test" / "net"))
from tls_tools import Authority  # noqa: E402

KINDS = ["goroutines", "mem"]


class Tls(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.ca = Authority(self.folder)
        self.server = self.ca.issue("server")

    def target(self, *flags, pair=None):
        pair = pair or self.server
        return self.go_target("-cert", pair[0], "-key", pair[1], *flags,
                              program="tlstarget").address()

    def job(self, name, address, tls):
        return flow.job(name, address, KINDS, extra=f"scheme: https\ntls-config: {{{tls}}}")

    def test_tls_and_client_certificates(self):
        client = self.ca.issue("client")
        trust = f"ca-file: {self.ca.cert}"
        plain, mutual = self.target(), self.target("-client-ca", self.ca.cert)
        pyrite = self.pyrite(flow.config(
            self.job("plain", plain, trust),
            # Relative to the configuration's own folder.
            self.job("mutual", mutual, f"ca-file: {self.ca.cert.name}, "
                     f"cert-file: {client[0].name}, key-file: {client[1].name}"),
            self.job("refused", mutual, trust),
            self.job("stranger", plain, ""),
            self.job("believing", plain, "insecure-skip-verify: true")))
        for name in ("plain", "mutual", "believing"):
            for kind in KINDS:
                self.wait(lambda: pyrite.stored(job=name, profile=kind) > 1, f"{name} {kind}",
                          alive=pyrite)
        for name, error in (("refused", "server requires a client certificate"),
                            ("stranger", "certificate is of unknown issuer CN=Test CA")):
            self.wait(lambda: pyrite.find(f"job={name} .*TLS: .*{error}"), error, alive=pyrite)
            self.assertEqual(pyrite.stored(job=name), 0)
        self.assertEqual(len(pyrite.find("insecure-skip-verify is on")), 1)
        metrics = pyrite.metrics()
        self.assertGreaterEqual(metrics["pyrite_tls_handshakes_total"], 3)
        self.assertGreater(
            pyrite.metric("pyrite_tls_failures_total", reason="certificate"), 0)
        self.assertGreater(metrics["pyrite_tls_longest_step_seconds"], 0)
        # The connections are kept: not a handshake a scrape.
        self.assertGreater(metrics["pyrite_connections_reused_total"], 3)
        self.stop(pyrite)

    def test_a_new_authority_is_read(self):
        trusted = self.folder / "trusted.pem"
        trusted.write_text(Authority(self.folder, "other", "/CN=Other").cert.read_text())
        pyrite = self.pyrite(flow.config(self.job("app", self.target(), f"ca-file: {trusted}")))
        self.wait(lambda: pyrite.find("unknown issuer CN=Test CA"), "it is refused", alive=pyrite)
        os.replace(self.ca.cert, trusted)
        self.wait(lambda: pyrite.stored(job="app"), "it is trusted", alive=pyrite)
        self.assertEqual(pyrite.metric("pyrite_tls_reloads_total"), 1)
        self.stop(pyrite)

    def test_a_reload_takes_another_authority(self):
        other = Authority(self.folder, "other", "/CN=Other")
        address, path = self.target(), self.folder / "live.yml"

        def write(*options):
            new = self.folder / "new.yml"
            new.write_text(flow.config(self.job("app", address, ", ".join(options))))
            new.rename(path)

        write(f"ca-file: {other.cert}")
        pyrite = self.pyrite(arguments=["--config", str(path)])
        self.wait(lambda: pyrite.find("unknown issuer CN=Test CA"), "it is refused", alive=pyrite)
        write(f"ca-file: {self.ca.cert}")
        pyrite.send(signal.SIGHUP)
        self.wait(lambda: pyrite.stored(job="app"), "it is trusted", alive=pyrite)
        # What is in force stays so.
        write("ca: nonsense")
        pyrite.send(signal.SIGHUP)
        metric = "pyrite_config_last_reload_successful"
        failed = self.wait(lambda: pyrite.find("no certificate can be read"), "it is told",
                           alive=pyrite)
        self.assertIn('job "app": tls-config: no certificate', failed[0].replace("\\", ""))
        self.assertEqual(pyrite.metric(metric), 0)
        before = pyrite.stored(job="app")
        self.wait(lambda: pyrite.stored(job="app") > before, "it goes on", alive=pyrite)
        self.stop(pyrite)


if __name__ == "__main__":
    unittest.main()
