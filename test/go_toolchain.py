#!/usr/bin/env python3
"""A Go that is new enough for a module, on a machine whose own may be older.

Debian 12's Go is 1.19, and what some oracles are made of asks for more.  A newer
Go is the module golang.org/toolchain, which any go command downloads and checks as
it does every module; only the programs' executable bits are left to set.  It is
kept in $XDG_CACHE_HOME/pyrite-go.

    go_toolchain.py FOLDER     prints the go command for the go.mod in FOLDER
"""

import fcntl
import json
import os
import pathlib
import re
import sys
import tempfile

import tools

VERSION = "1.26.8"
MODULE = "golang.org/toolchain@v0.0.1-go{}.{}-{}"
FLAGS = "-mod=readonly -buildvcs=false"


def numbers(text):
    """1.25.8 as (1, 25, 8); the release candidates of a version count as it."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(number or 0) for number in found.groups())


def wanted(folder):
    """What the go.mod in the folder asks for."""
    text = (pathlib.Path(folder) / "go.mod").read_text()
    return re.search(r"^go (\S+)$", text, re.M).group(1)


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(home) / "pyrite-go"


def environment(**more):
    return dict(os.environ, GOTOOLCHAIN="local", **more)


def download(go, module, path):
    """The module, unpacked and made executable, at the path."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        done = tools.run(go, "mod", "download", "-modcacherw", "-json", module, cwd=folder,
                         env=environment(GOMODCACHE=folder, GOFLAGS=""))
        if done.returncode != 0:
            tools.skip(f"{go} cannot download {module}:\n{done.stdout}{done.stderr}")
        unpacked = pathlib.Path(json.loads(done.stdout)["Dir"])
        for programs in ("bin", "pkg/tool"):
            for program in (unpacked / programs).rglob("*"):
                program.chmod(0o755)
        unpacked.rename(path)


def newer(go):
    """The go command of VERSION, downloaded where it is not yet."""
    system = tools.run(go, "env", "GOHOSTOS", "GOHOSTARCH").stdout.split()
    module = MODULE.format(VERSION, *system)
    path = cache() / module.rpartition("/")[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            download(go, module, path)
    return str(path / "bin/go")


def need(version):
    """A go command of at least this version, or a skip."""
    go = tools.need("go")
    have = tools.run(go, "env", "GOVERSION", env=environment()).stdout
    if numbers(have.strip().removeprefix("go")) >= numbers(version):
        return go
    if numbers(VERSION) < numbers(version):
        tools.skip(f"Go {version} is asked for, this is {have.strip()} and the newest "
                   f"that {pathlib.Path(__file__).name} knows is {VERSION}")
    return newer(go)


def build(folder, output):
    """Builds the folder's program with a Go that its go.mod takes."""
    done = tools.run(need(wanted(folder)), "build", "-o", output, ".", cwd=folder,
                     env=environment(GOFLAGS=FLAGS))
    if done.returncode != 0:
        sys.exit(f"{folder} does not build:\n{done.stderr}")


if __name__ == "__main__":
    print(need(wanted(sys.argv[1])))
