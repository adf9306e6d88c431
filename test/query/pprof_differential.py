#!/usr/bin/env python3
"""Merging and exporting bodies gives what go tool pprof gives.

For each kind of body in bench/corpus: all of them together, and each alone,
merged by us and by pprof, compared as `-raw` prints them without the order and
the numbers of things; and our top against pprof's, line by line.
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402

TOOL = os.environ["PYRITE_MERGE_TOOL"]
CORPUS = pathlib.Path(os.environ.get("PYRITE_CORPUS",
                                     tools.ROOT / "bench" / "corpus"))
GO = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
ENVIRONMENT = dict(os.environ, TZ="UTC", GOTOOLCHAIN="local")


def run(*command):
    done = subprocess.run([str(word) for word in command], check=False,
                          capture_output=True, env=ENVIRONMENT)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr.decode()}")
    return done.stdout


def pprof(*arguments):
    return run(GO, "tool", "pprof", *arguments).decode()


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


def added_up(samples):
    """One body as merging leaves it: pprof merges from two on."""
    sums = {}
    for (values, stack, labels), times in samples.items():
        old = sums.get((stack, labels), (0,) * len(values))
        sums[stack, labels] = tuple(one + other * times
                                    for one, other in zip(old, values))
    return collections.Counter(
        {(values, stack, labels): 1
         for (stack, labels), values in sums.items() if any(values)})


def compare_raw(name, files, folder):
    ours, theirs = folder / "ours.pb.gz", folder / "theirs.pb.gz"
    ours.write_bytes(run(TOOL, "pprof", *files))
    pprof("-symbolize=none", "-proto", f"-output={theirs}", *files)
    got, wanted = read_raw(pprof("-raw", ours)), read_raw(pprof("-raw", theirs))
    if len(files) == 1:
        wanted = (wanted[0], added_up(wanted[1]), got[2])
    for what, one, other in zip(("head", "samples", "mappings"), got, wanted):
        if one != other:
            if what == "samples":
                one, other = one - other, other - one
            sys.exit(f"{name}: {what} of {len(files)} bodies differ:\n{one}\n"
                     f"--- pprof ---\n{other}")
    return sum(got[1].values())


def compare_top(name, files, rows):
    ours = run(TOOL, str(rows), *files).decode().splitlines()
    theirs = pprof("-symbolize=none", "-top",
                   "-nodefraction=0", "-edgefraction=0",
                   f"-nodecount={rows}", *files).splitlines()
    # Go 1.19 does not print the build id.
    ours, theirs = ([line for line in lines
                     if not line.startswith("Build ID: ")]
                    for lines in (ours, theirs))
    # We show the address of what has no name.
    ours = [re.sub(r"  0x[0-9a-f]+$", "  <unknown>", line) for line in ours]
    if rows > 0:
        # Of a part, pprof notes only what is inlined into what is shown.
        ours = [re.sub(r" \((partial-)?inline\)$", "", line) for line in ours]
        theirs = [re.sub(r" \((partial-)?inline\)$", "", line)
                  for line in theirs]
    if ours != theirs:
        for one, other in zip(ours + [""], theirs + [""]):
            if one != other:
                sys.exit(f"{name}: top {rows}:\n{one}\n--- pprof ---\n{other}")
        sys.exit(f"{name}: {len(ours)} and {len(theirs)} lines of top")


def compare_folded(name, files):
    """The sums are the total that -raw shows for the same column."""
    lines = run(TOOL, "folded", *files).decode().splitlines()
    total = sum(int(line.rsplit(" ", 1)[1]) for line in lines)
    top = run(TOOL, "0", *files).decode()
    stacks = [line.rsplit(" ", 1)[0] for line in lines]
    if len(set(stacks)) != len(stacks) or stacks != sorted(
            stacks, key=lambda stack: [name.encode() for name in stack.split(";")]):
        sys.exit(f"{name}: folded stacks are not sorted or not added up")
    if total == 0 and "of 0 total" not in top:
        sys.exit(f"{name}: folded has no values")


def kinds():
    """{program/kind: its bodies}, in the order they were scraped."""
    found = {}
    for folder in sorted(CORPUS.glob("*/*/")):
        bodies = sorted(folder.glob("*.pb.gz"))
        if bodies:
            found[f"{folder.parent.name}/{folder.name}"] = bodies
    return found


def main():
    if GO is None:
        tools.skip("go is not installed")
    if not kinds():
        tools.skip("bench/corpus holds no bodies")
    samples = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind, files in kinds().items():
            samples += compare_raw(kind, files, folder)
            samples += compare_raw(kind, files[:1], folder)
            for rows in (0, 7):
                compare_top(kind, files, rows)
            compare_top(kind, files[:1], 0)
            compare_folded(kind, files)
    print(f"{len(kinds())} kinds, {samples} samples: equal to go tool pprof")


if __name__ == "__main__":
    main()
