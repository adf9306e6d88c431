"""What go tool pprof says about profiles, for the tests that compare with it."""

import collections
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys

import tools

CORPUS = pathlib.Path(os.environ.get("PYRITE_CORPUS",
                                     tools.ROOT / "bench" / "corpus"))
PRODUCERS = tools.ROOT / "test/producers/bodies"
GO = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
ENVIRONMENT = dict(os.environ, TZ="UTC", GOTOOLCHAIN="local")
SANITIZED = os.environ.get("PYRITE_SANITIZED") == "1"


def run(*command):
    done = subprocess.run([str(word) for word in command], check=False,
                          capture_output=True, env=ENVIRONMENT)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr.decode()}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def program():
    """pprof itself, past the go command, which takes most of the time."""
    command = [GO, "tool", "pprof"]
    # New Go builds it when it is first asked for.
    subprocess.run([*command, "-help"], capture_output=True, check=False,
                   env=ENVIRONMENT)
    path = run(GO, "tool", "-n", "pprof").decode().strip()
    return [path] if os.access(path, os.X_OK) else command


def pprof(*arguments):
    return run(*program(), *arguments).decode()


def bodies():
    """{program/kind: its bodies}, in the order they were scraped: those of Go
    programs, and of other producers."""
    found = {}
    for folder in sorted(CORPUS.glob("*/*/")):
        files = sorted(folder.glob("*.pb.gz"))
        if files:
            found[f"{folder.parent.name}/{folder.name}"] = files
    for body in sorted(PRODUCERS.glob("*.pb")):
        found.setdefault(body.stem.rpartition("-")[0].replace("-", "/"), []).append(body)
    return found


def need():
    """{program/kind: bodies}, or a skip.  Under the sanitizers, which look for
    something else, what is small is enough."""
    if GO is None:
        tools.skip("go is not installed")
    found = {kind: files for kind, files in bodies().items()
             if not SANITIZED or not kind.startswith("medium/")}
    if not found:
        tools.skip("bench/corpus holds no bodies")
    return found


def read_raw(text):
    """-raw's text as (head, samples, mappings), with no ids in it."""
    head, rest = text.split("Samples:\n", 1)
    types, rest = rest.split("\n", 1)
    samples_text, rest = rest.split("Locations\n", 1)
    locations_text, mappings_text = rest.split("Mappings\n", 1)
    mappings = {}
    for line in mappings_text.splitlines():
        number, span = line.split(": ", 1)
        mappings[number.strip()] = span
    locations, number = {}, None
    for line in locations_text.splitlines():
        found = re.match(r"\s*(\d+): (0x[0-9a-f]+) (?:M=(\d+) )?(.*)", line)
        if found:
            number = found.group(1)
            mapping = mappings.get(found.group(3), "none")
            locations[number] = [found.group(2), mapping, found.group(4).strip()]
        else:
            locations[number].append(line.strip())
    samples, key = collections.Counter(), None
    for line in samples_text.splitlines():
        found = re.match(r"\s*([-\d ]+): ([\d ]*)$", line)
        if found:
            values = tuple(int(one) for one in found.group(1).split())
            stack = tuple(tuple(locations[one]) for one in found.group(2).split())
            key = (values, stack, ())
            samples[key] += 1
        else:  # labels of the sample above
            samples[key] -= 1
            key = (key[0], key[1], key[2] + (line.strip(),))
            samples[key] += 1
    return (head, types.strip()), +samples, sorted(mappings.values())
