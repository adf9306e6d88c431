"""A real Docker daemon, with a folder and a network namespace of its own, asked
over its socket as its own client asks it; and containers of a Go program that
serves profiles, from an image that is nothing but that program."""

import http.client
import io
import json
import os
import pathlib
import shutil
import socket
import sys
import tarfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402

MARK = "PYRITE_IN_OWN_NETWORK"
PATIENCE = 60


def need():
    """Goes on in a network namespace where there is nothing but us; not every machine
    that runs the tests can be a host of containers."""
    if os.geteuid() != 0 or not shutil.which("dockerd"):
        tools.leave_out("needs root and dockerd (package docker.io)")
    if os.environ.get(MARK):
        return
    unshare = tools.need("unshare")
    works = tools.run(unshare, "--net", "ip", "link", "set", "lo", "up")
    if works.returncode != 0:
        tools.leave_out(f"no network namespace here: {works.stderr.strip()}")
    os.environ[MARK] = "1"
    os.execv(unshare, [unshare, "--net", "sh", "-c", 'ip link set lo up; exec "$@"',
                       "sh", sys.executable, *sys.argv])


def main():
    """Runs the tests; one that was left out is that of ctest, too."""
    need()
    result = unittest.main(exit=False).result
    sys.exit(1 if not result.wasSuccessful() else tools.SKIPPED if result.skipped else 0)


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=PATIENCE)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class Daemon:
    """`program` runs it, as flow.Program does."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.socket = self.folder / "docker.sock"
        self.process = self.program([
            "dockerd", "--host", f"unix://{self.socket}", "--data-root", self.folder / "root",
            "--exec-root", self.folder / "exec", "--pidfile", self.folder / "pid",
            "--iptables=false", "--bridge=none", "--storage-driver=vfs"])
        end = time.monotonic() + PATIENCE
        while not self.answers():
            if not self.process.running() or time.monotonic() > end:
                raise unittest.SkipTest(
                    "dockerd does not run here: " + self.process.text()[-2000:])
            time.sleep(0.05)

    def answers(self):
        try:
            return self.ask("GET", "/_ping")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, content_type="application/json"):
        connection = Connection(self.socket)
        try:
            connection.request(method, path, body, {"Content-Type": content_type})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def must(self, method, path, document=None):
        status, body = self.ask(method, path, json.dumps(document or {}))
        assert status < 300, f"{method} {path}: {status} {body.decode()}"
        return json.loads(body) if body else None

    def image(self, name, program):
        """An image with a static program as all that is in it."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.add(program, arcname="program")
        status, body = self.ask("POST", f"/images/create?fromSrc=-&repo={name}",
                                packed.getvalue(), "application/x-tar")
        assert status == 200, body

    def network(self, name, subnet):
        self.must("POST", "/networks/create",
                  {"Name": name, "IPAM": {"Config": [{"Subnet": subnet}]}})

    def run(self, name, image, *arguments, ports=(), mode=None, labels=None):
        """Its id; skips where no container can be started."""
        made = self.must("POST", f"/containers/create?name={name}", {
            "Image": image, "Cmd": ["/program", *arguments], "Labels": labels or {},
            "ExposedPorts": {f"{port}/tcp": {} for port in ports},
            "HostConfig": {"NetworkMode": mode}})
        status, body = self.ask("POST", f"/containers/{made['Id']}/start")
        if status >= 300:
            raise unittest.SkipTest(f"no container starts here: {body.decode()}")
        return made["Id"]

    def remove(self, identity):
        self.must("DELETE", f"/containers/{identity}?force=true")

    def close(self):
        for container in self.must("GET", "/containers/json?all=true"):
            self.remove(container["Id"])
        self.process.stop()
