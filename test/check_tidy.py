#!/usr/bin/env python3
"""clang-tidy finds nothing in what is built (the nearest .clang-tidy says what it
looks for).  The compile commands are those of the build folder given.

What was clean is remembered by all that clang-tidy sees of it, so that only
what has changed takes time; --all forgets that."""

import hashlib
import json
import os
import pathlib
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor

import tools

# The analyzer gives up on a function after so many states.  Clang's own limit,
# 225000, takes twice as long and finds no more here.
STATES = 100000
OPTIONS = [f"--extra-arg={word}" for word in
           ("-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={STATES}")]


def memory():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(home) / "pyrite-tidy"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Tidy:
    def __init__(self, build, forgets):
        self.tool = tools.need("clang-tidy-14", "clang-tidy")
        self.clang = tools.need("clang-14", "clang")
        self.build = build
        self.forgets = forgets
        self.memory = memory()
        self.version = tools.run(self.tool, "--version").stdout

    def key(self, entry):
        """Of the whole preprocessed text, with comments, as NOLINT is one; or
        None where it does not even compile."""
        command = shlex.split(entry["command"])
        flags = [word for word in command[1:command.index("-o")] if word != "-Werror"]
        seen = tools.run(self.clang, *flags, "-E", "-C", "-P", entry["file"],
                         cwd=entry["directory"])
        if seen.returncode:
            return None
        folder = tools.ROOT / pathlib.Path(entry["file"]).relative_to(tools.ROOT).parts[0]
        configs = [path.read_text() for path in
                   (tools.ROOT / ".clang-tidy", folder / ".clang-tidy") if path.exists()]
        parts = (self.version, *configs, *OPTIONS, seen.stdout)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def findings(self, entry):
        """What is to be said of a file, or None."""
        key = self.key(entry)
        mark = self.memory / (key or "none")
        if key and mark.exists() and not self.forgets:
            mark.touch()
            return None
        result = tools.run(self.tool, "--quiet", *OPTIONS, "-p", self.build,
                           entry["file"])
        if result.returncode:
            return f"{result.stdout}{result.stderr}"
        if key:
            mark.touch()
        return None


def wanted(build):
    """An entry a file, the large ones first, so that none is waited for."""
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(tools.ROOT) and not path.is_relative_to(build):
            entries[path] = entry
    return sorted(entries.values(), reverse=True,
                  key=lambda entry: os.path.getsize(entry["file"]))


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    tidy = Tidy(str(build), "--all" in sys.argv)
    entries = wanted(build)
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for entry, text in zip(entries, pool.map(tidy.findings, entries)):
            if text is not None:
                failed += 1
                print(f"-- {entry['file']}\n{text}", flush=True)
    print(f"{len(entries)} files looked at, {failed} with findings")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
