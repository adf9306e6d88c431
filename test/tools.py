"""What the scripts of the test suite share."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77  # ctest's SKIP_RETURN_CODE

C_FOLDERS = ("src", "include", "examples", "bench", "test")


def skip(reason):
    """Ends the test as skipped; under CI, where all must be there, as failed."""
    if os.environ.get("CI") == "true":
        print(f"FAILED: {reason}, and CI=true")
        sys.exit(1)
    leave_out(reason)


def leave_out(reason):
    """Skips, under CI too: for what not every machine that runs the tests can do."""
    print(f"SKIPPED: {reason}")
    sys.exit(SKIPPED)


def need(*names):
    """The path of the first of the programs that is installed, or a skip."""
    for name in names:
        path = shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
        if path:
            return path
    skip(f"{' or '.join(names)} is not installed")


def free_ports(count):
    """Of loopback, which nobody listens on yet."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def c_files(*folders):
    """The C files under the folders, or under all that hold any."""
    folders = folders or C_FOLDERS
    files = []
    for folder in folders:
        files += sorted((ROOT / folder).rglob("*.[ch]"))
    return [path for path in files if "build" not in path.relative_to(ROOT).parts]


def run(*command, **kwargs):
    return subprocess.run(command, text=True, capture_output=True, **kwargs)
