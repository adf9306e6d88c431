#!/usr/bin/env python3
"""The sandbox as the shipped binary enters it, and the work that goes on in it."""

import os
import pathlib
import shutil
import subprocess
import unittest

import flow

NOBODY = 65534


def status(pid):
    """/proc/PID/status, by name."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines())


def available():
    """What this machine and build can have, as `check` says."""
    path = flow.tools.ROOT / "conf/pyrite.yml"
    result = subprocess.run([flow.PYRITE, "check", path], capture_output=True, text=True)
    return [line.removeprefix("sandbox: ") for line in result.stdout.splitlines()
            if line.startswith("sandbox: ")][0]


class Sandbox(flow.FlowTest):
    def setUp(self):
        super().setUp()
        if available() != "no-new-privs seccomp landlock-writes":
            self.skipTest(f"this build or kernel has: {available()}")

    def start(self, mode, yaml, **kwargs):
        return self.pyrite(yaml, arguments=["--sandbox", mode], **kwargs)

    def state(self, pyrite):
        return [name for name in pyrite.metrics() if name.startswith("pyrite_sandbox_info")]

    def test_states(self):
        for mode, state, privileges, seccomp in (
                ("off", "off", "0", "0"),
                ("auto", "no-new-privs seccomp landlock-writes", "1", "2"),
                ("on", "no-new-privs seccomp landlock", "1", "2")):
            with self.subTest(mode):
                pyrite = self.start(mode, None, storage=self.folder / mode)
                self.assertEqual(self.state(pyrite), [f'pyrite_sandbox_info{{state="{state}"}}'])
                found = status(pyrite.pid)
                self.assertEqual((found["NoNewPrivs"], found["Seccomp"]), (privileges, seccomp))
                # One from before there was a loop, which would have had a ring.
                self.assertEqual(found["Seccomp_filters"], "0" if mode == "off" else "2")
                self.stop(pyrite)

    def test_all_work_goes_on_where_it_is_on(self):
        """Names, files of targets that come later, own profiles with symbols,
        segments that end and go."""
        target = self.go_target("-share", "0.1")
        listed = self.folder / "found"
        listed.mkdir()
        port = target.address().rsplit(":", 1)[1]
        yaml = ("storage: {segment-max-age: 2s, retention-age: 4s}\n"
                "scrape-configs:\n"
                "  - job-name: app\n    scrape-interval: 200ms\n"
                "    enabled-profiles: [mem, goroutines]\n"
                "    file-sd-configs:\n"
                f"      - files: ['{listed}/*.json']\n")
        pyrite = self.start("on", yaml)
        (listed / "app.json").write_text(
            f'[{{"application": "app", "targets": ["localhost:{port}"]}}]')
        self.wait(lambda: pyrite.metric("pyrite_store_segments_retired_total") >= 1 and
                  pyrite.stored(job="app") > 3, "a segment ends and goes", alive=pyrite)
        code, profile = pyrite.get("/debug/pprof/heap")
        self.assertEqual(code, 200)
        self.assertTrue(profile)
        code, profile = pyrite.get("/debug/pprof/profile?seconds=1")
        self.assertEqual(code, 200)
        self.assertEqual(pyrite.find("not permitted|not implemented|Permission denied"), [])
        if pathlib.Path("/proc/sys/fs/aio-max-nr").exists():  # else syncs are waited for
            self.assertIn("[aio]", pathlib.Path(f"/proc/{pyrite.pid}/maps").read_text())
        self.stop(pyrite)

    def test_a_file_elsewhere_needs_a_new_start(self):
        target = self.go_target()
        outside = self.folder / "outside"
        outside.mkdir()
        (outside / "token").write_text("secret")
        home = self.folder / "home"
        home.mkdir()
        config = home / "pyrite.yml"
        yaml = flow.config(flow.job("app", target.address(), ["goroutines"]))
        config.write_text(yaml)
        pyrite = self.pyrite(arguments=["--sandbox", "on", "--config", str(config)])
        self.wait(lambda: pyrite.stored(job="app") >= 1, "it scrapes", alive=pyrite)
        config.write_text(yaml + f"    bearer-token-file: {outside}/token\n")
        pyrite.send(flow.signal.SIGHUP)
        self.wait(lambda: pyrite.find(f"{outside}/token: Permission denied"),
                  "the file is told", alive=pyrite)
        self.stop(pyrite)

    def test_anybody_may_use_it(self):
        if os.geteuid() != 0:
            self.skipTest("somebody is who runs this test already")
        storage = self.folder / "data"
        storage.mkdir()
        os.chown(storage, NOBODY, NOBODY)
        os.chmod(self.folder, 0o755)
        program = shutil.copy(flow.PYRITE, self.folder)  # the tree may be root's alone
        pyrite = self.start("on", None, storage=storage, executable=program, cwd="/",
                            user=NOBODY, group=NOBODY, extra_groups=[])
        self.assertEqual(status(pyrite.pid)["Uid"].split()[0], str(NOBODY))
        self.stop(pyrite)


class WrongUse(flow.FlowTest):
    def test_unknown_mode(self):
        result = subprocess.run([flow.PYRITE, "run", "--sandbox", "maybe"],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn("expected auto, on or off", result.stderr)


if __name__ == "__main__":
    unittest.main()
