"""Runs the shipped binary and what it scrapes, for the flow tests.

Nothing here sleeps for a fixed time: `wait` polls a condition.  Every Pyrite is
held to one thread from its start to its end, and to an end that is clean.
"""

import gzip
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402

PYRITE = os.environ.get("PYRITE_BIN", str(tools.ROOT / "build/debug/pyrite"))
BUSY = os.environ.get("PYRITE_BUSY", str(tools.ROOT / "build/debug/busy"))
GO_TARGETS = os.environ.get("PYRITE_GO_TARGETS", str(tools.ROOT / "build/debug/test/go"))
SANITIZED = os.environ.get("PYRITE_SANITIZED") == "1"
PATIENCE = 60 if SANITIZED else 30  # seconds, for what comes within a few
SAMPLE = 0.005  # seconds between two looks at the threads


class Program:
    """A child whose output is collected line by line."""

    def __init__(self, command, **kwargs):
        self.command = [str(word) for word in command]
        self.lines = []
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", **kwargs)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def ended(self, timeout=PATIENCE):
        """The exit code, with all output read."""
        code = self.process.wait(timeout)
        self.reader.join(timeout)
        return code

    def stop(self, number=signal.SIGTERM, timeout=PATIENCE):
        if self.running():
            self.send(number)
        return self.ended(timeout)

    def text(self):
        return "\n".join(self.lines)

    def find(self, pattern):
        """The lines in which the pattern is found."""
        return [line for line in list(self.lines) if re.search(pattern, line)]

    def cleanup(self):
        if self.running():
            self.process.kill()
            self.ended()
        print(f"---- {' '.join(self.command)}: exit {self.process.returncode}")
        print("\n".join(self.lines[-200:]))


class Pyrite(Program):
    """`pyrite run`, on a port of its own choice."""

    def __init__(self, folder, config=None, storage=None, listen="127.0.0.1:0",
                 log_level="debug", arguments=(), prefix=(), **kwargs):
        self.storage = pathlib.Path(storage or folder / "data")
        command = [*prefix, PYRITE, "run", "--storage", self.storage,
                   "--listen", listen, "--log-level", log_level, *arguments]
        if config is not None:
            path = folder / f"pyrite-{len(list(folder.glob('pyrite-*')))}.yml"
            path.write_text(config)
            command += ["--config", path]
        super().__init__(command, **kwargs)
        self.most_threads = 0
        self.sampler = threading.Thread(target=self._sample, daemon=True)
        self.sampler.start()

    def _sample(self):
        """Keeps the most threads that there ever were."""
        while self.running():
            self.most_threads = max(self.most_threads, self.threads())
            time.sleep(SAMPLE)

    def address(self):
        """host:port of the stats endpoint, or None before it listens."""
        for line in self.find(r"msg=started"):
            return re.search(r"address=http://(\S+)", line).group(1)
        return None

    def threads(self):
        try:
            return len(os.listdir(f"/proc/{self.pid}/task"))
        except (FileNotFoundError, ProcessLookupError):
            return 0

    def get(self, path, timeout=PATIENCE):
        """(status, body) of the stats endpoint."""
        connection = http.client.HTTPConnection(self.address(), timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def metrics(self):
        """{'name{labels}': value}"""
        status, body = self.get("/metrics")
        assert status == 200, body
        found = {}
        for line in body.decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def metric(self, name, **labels):
        """The sum of the series of that name with those labels."""
        total = 0.0
        for series, value in self.metrics().items():
            if series.split("{")[0] == name and all(
                    f'{key}="{text}"' in series for key, text in labels.items()):
                total += value
        return total

    def stored(self, **fields):
        """How many profiles the log says were stored."""
        wanted = [f"{key}={value}" for key, value in fields.items()]
        return sum(all(f" {word} " in f"{line} " for word in wanted)
                   for line in self.find(r'msg="profile stored"'))

    def query(self, *arguments, **kwargs):
        return query(self.storage, *arguments, **kwargs)


def targets(address, *arguments, code=0):
    """Output and errors of `pyrite targets`."""
    command = [PYRITE, "targets", "--address", address, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, timeout=PATIENCE, text=True)
    if result.returncode != code:
        raise AssertionError(f"{' '.join(command)}: exit {result.returncode}\n"
                             f"{result.stdout}{result.stderr}")
    return result.stdout + result.stderr


def query(storage, *arguments, code=0, binary=False):
    """Standard output of `pyrite query`."""
    command = [PYRITE, "query", "--storage", str(storage), *arguments]
    result = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    if result.returncode != code:
        raise AssertionError(f"{' '.join(command)}: exit {result.returncode}\n"
                             f"{result.stdout[-2000:]!r}\n{result.stderr.decode()}")
    return result.stdout if binary else result.stdout.decode()


def profiles(storage, *arguments):
    """What is stored, as `pyrite query --output profiles` tells."""
    text = query(storage, "--output", "profiles", *arguments)
    return [json.loads(line) for line in text.splitlines()]


class GoTarget(Program):
    """One of the programs of test/go."""

    def __init__(self, *arguments, program="target", listen="127.0.0.1:0"):
        path = pathlib.Path(GO_TARGETS) / program
        if not path.exists():
            tools.need("go")
            raise AssertionError(f"{path} was not built; the test go_targets does")
        super().__init__([path, "-listen", listen, *arguments])

    def address(self):
        for line in self.find("^listening on "):
            return line.split()[-1]
        return None


def become_root():
    """Goes on as root: where it is not, as that of a user namespace, which has mounts
    and a loopback of its own."""
    if os.geteuid() == 0:
        return
    enter = ["unshare", "--user", "--map-root-user", "--mount", "--net",
             "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if tools.run(*enter, "true").returncode:
        tools.skip("this needs root, or user namespaces")
    os.execvp(enter[0], [*enter, sys.executable, *sys.argv])


def go_tool_pprof(*arguments):
    go = tools.need("go")
    env = dict(os.environ, GOTOOLCHAIN="local", PPROF_TMPDIR=tempfile.gettempdir())
    result = tools.run(go, "tool", "pprof", *map(str, arguments), env=env)
    if result.returncode:
        raise AssertionError(f"pprof {arguments}: {result.stderr}")
    return result.stdout


class FlowTest(unittest.TestCase):
    """A test with a folder of its own; whatever it starts is ended with it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pyrite-flow-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.watched = []

    def watch(self, program):
        self.addCleanup(program.cleanup)
        self.watched.append(program)
        return program

    def pyrite(self, config=None, **kwargs):
        program = self.watch(Pyrite(self.folder, config, **kwargs))
        self.addCleanup(self.check_end, program)
        self.wait(lambda: program.address(), "pyrite starts", alive=program)
        return program

    def go_target(self, *arguments, **kwargs):
        program = self.watch(GoTarget(*arguments, **kwargs))
        self.wait(lambda: program.address(), "the target listens", alive=program)
        return program

    def check_end(self, program):
        """However the test ended, Pyrite ends by itself with nothing left in
        its loop, having had one thread."""
        self.stop(program)
        program.sampler.join(PATIENCE)
        # None was seen where it ended between two looks.
        self.assertLessEqual(program.most_threads, 1, "threads")

    def wait(self, condition, what, timeout=PATIENCE, alive=None):
        """Polls until the condition holds; its value."""
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            if alive is not None and not alive.running():
                self.fail(f"ended while waiting until {what}")
            if time.monotonic() > end:
                self.fail(f"waited {timeout} s until {what}")
            time.sleep(0.05)

    def stop(self, program, number=signal.SIGTERM):
        """Ends it; exit code 0 says that nothing leaked either, where built
        with sanitizers."""
        self.assertEqual(program.stop(number), 0, program.text()[-4000:])


def job(name, address, kinds, interval="1s", extra="", application=None):
    """The YAML of one job; `extra` holds further lines of it."""
    lines = [f"  - job-name: {name}",
             f"    scrape-interval: {interval}",
             f"    enabled-profiles: [{', '.join(kinds)}]",
             *("    " + line for line in extra.splitlines()),
             "    static-configs:",
             f"      - application: {application or name}",
             f"        targets: ['{address}']"]
    return "\n".join(lines) + "\n"


def config(*jobs, top=""):
    return top + "scrape-configs:\n" + "".join(jobs)


def cpu_seconds(seconds):
    return f"profiles:\n  cpu:\n    params:\n      seconds: ['{seconds}']\n"


def gunzip(data):
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
