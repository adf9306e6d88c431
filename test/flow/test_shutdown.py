#!/usr/bin/env python3
"""Starting and ending: clean under load, and one clear line where it cannot
start."""

import os
import signal
import socket
import unittest

import flow
import pprof
import server

KINDS = ("cpu", "mem", "goroutines", "mutex", "block")


class Shutdown(flow.FlowTest):
    def loaded(self, **kwargs):
        """A Pyrite with scrapes of everything under way."""
        jobs = [flow.job(f"app{i}", self.go_target("-share", "0.05").address(), KINDS,
                         extra=flow.cpu_seconds(1)) for i in range(4)]
        pyrite = self.pyrite(flow.config(*jobs), **kwargs)
        self.wait(lambda: pyrite.stored() >= 30, "there is load", alive=pyrite)
        return pyrite

    def test_sigterm_under_load(self):
        pyrite = self.loaded()
        self.stop(pyrite, signal.SIGTERM)
        said = pyrite.stored()
        self.assertEqual(len(flow.profiles(pyrite.storage)), said)
        self.assertEqual(list(pyrite.storage.glob("*.lock")), [])

    def test_sigint_and_no_death_by_sighup_or_sigpipe(self):
        pyrite = self.loaded()
        for number in (signal.SIGHUP, signal.SIGPIPE):
            pyrite.send(number)
        before = pyrite.stored()
        self.wait(lambda: pyrite.stored() > before + 5, "it goes on", alive=pyrite)
        self.stop(pyrite, signal.SIGINT)

    def test_a_second_signal_ends_it_at_once(self):
        target = server.Server({})
        target.routes["/debug/pprof/goroutine"] = target.hang
        self.addCleanup(target.close)
        pyrite = self.watch(flow.Pyrite(self.folder, flow.config(flow.job(
            "app", target.address, ["goroutines"], extra="scrape-timeout: 60s"))))
        self.wait(lambda: target.requests, "a scrape hangs", alive=pyrite)
        # Two of one kind may be one; which of these comes first is open.
        pyrite.send(signal.SIGTERM)
        pyrite.send(signal.SIGINT)
        self.assertIn(pyrite.ended(), (128 + signal.SIGINT, 128 + signal.SIGTERM))

    def test_running_scrapes_get_only_a_short_grace(self):
        target = server.Server({})
        target.routes["/debug/pprof/goroutine"] = target.hang
        self.addCleanup(target.close)
        pyrite = self.pyrite(flow.config(flow.job(
            "app", target.address, ["goroutines"], extra="scrape-timeout: 10m")))
        self.wait(lambda: target.requests, "a scrape hangs", alive=pyrite)
        self.stop(pyrite)


class CannotStart(flow.FlowTest):
    """Exit code 1 and one line that names the cause."""

    def fails(self, pattern, **kwargs):
        pyrite = self.watch(flow.Pyrite(self.folder, kwargs.pop("config", None), **kwargs))
        self.assertEqual(pyrite.ended(), 1, pyrite.text())
        lines = pyrite.find(r"^pyrite: |level=error")
        self.assertEqual(len(lines), 1, pyrite.text())
        self.assertRegex(lines[0], pattern)

    def test_storage_that_is_a_file(self):
        path = self.folder / "file"
        path.write_text("not a directory")
        self.fails(r"^pyrite: storage .*/file/data: Not a directory; storage: path, or --storage, ", storage=path / "data")

    def test_storage_that_cannot_be_written(self):
        # Root may write anywhere but here.
        self.fails("^pyrite: storage /proc/pyrite: .*that pyrite may make or write to$",
                   storage="/proc/pyrite")

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            self.fails(f"127.0.0.1:{port}.*in use", listen=f"127.0.0.1:{port}")

    def test_second_instance_on_the_same_store(self):
        first = self.pyrite()
        self.fails(f"^pyrite: storage .*: in use by process {first.pid};.*choose another directory$",
                   storage=first.storage)
        self.stop(first)

    def test_configuration_that_is_not_there(self):
        self.fails("nowhere.yml.*No such file", arguments=["--config", "nowhere.yml"])

    def test_configuration_with_errors_tells_all(self):
        path = self.folder / "bad.yml"
        path.write_text("scrape-configs:\n  - job-name: a\n    scrape-intervall: 10s\n"
                        "    static-configs:\n      - targets: ['127.0.0.1:1']\n")
        pyrite = self.watch(flow.Pyrite(self.folder, arguments=["--config", str(path)]))
        self.assertEqual(pyrite.ended(), 1)
        self.assertTrue(pyrite.find(r"bad.yml:3:\d+: .*scrape-intervall.*scrape-interval"))
        self.assertTrue(pyrite.find(r"bad.yml:5:\d+: .*application"))


class NoConfiguration(flow.FlowTest):
    def test_it_scrapes_itself(self):
        os.chdir(self.folder)
        pyrite = self.pyrite()
        for kind in ("cpu", "mem"):
            self.wait(lambda: pyrite.stored(profile=kind) >= 1, f"own {kind} is stored",
                      alive=pyrite, timeout=3 * flow.PATIENCE)
        self.stop(pyrite)
        path = self.folder / "self.pb.gz"
        pyrite.query("--profile", "mem", "--output", "pprof", "-o", str(path))
        self.assertTrue(pprof.decode(path.read_bytes())["samples"])


if __name__ == "__main__":
    unittest.main()
