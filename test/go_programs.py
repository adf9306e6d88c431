#!/usr/bin/env python3
"""Programs of others that tests run against, as they are, from their Go modules.

    go_programs.py [NAME...]     builds them, prints where they are

Each is built once, from a folder that holds what it is made from, by a Go that is new
enough for it, and kept beside that (go_toolchain.py), in a folder by the hash of what
it is made from.
"""

import fcntl
import hashlib
import os
import pathlib
import subprocess
import sys

import go_toolchain
import tools

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = {
    "kube-apiserver": "kubernetes/server",  # about 9 minutes on two cores
    "kubernetes-oracle": "kubernetes/oracle",  # Prometheus' own discovery, to compare with
    "consul-agent": "consul/agent",  # about 5 minutes of CPU
}
FLAGS = ("-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w")


def place(name):
    made_from = b"".join(path.read_bytes() for path in sorted((HERE / FOLDERS[name]).iterdir()))
    return go_toolchain.cache() / hashlib.sha256(made_from).hexdigest()[:16] / name


def build(name):
    """Where it is, built if it was not yet."""
    path, folder = place(name), HERE / FOLDERS[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            new = path.with_suffix(".new")
            go = go_toolchain.need(go_toolchain.wanted(folder))
            subprocess.run([go, "build", *FLAGS, "-o", new, "."], cwd=folder, check=True,
                           stdout=sys.stderr, env=go_toolchain.environment(CGO_ENABLED="0"))
            new.rename(path)
    return str(path)


def find(name):
    """Where it is, or None; under CI it is built."""
    if os.environ.get("CI") == "true":
        tools.need("go")
        return build(name)
    return str(place(name)) if place(name).exists() else None


def need(name):
    """Where it is, or a skip."""
    path = find(name)
    if path is None:
        tools.skip(f"{name} is not built: run {HERE / 'go_programs.py'} {name}")
    return path


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in FOLDERS]
    if unknown:
        sys.exit(f"{unknown[0]} is none of: {', '.join(FOLDERS)}")
    for program in sys.argv[1:] or FOLDERS:
        print(build(program))
