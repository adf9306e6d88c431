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
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import go_pprof  # noqa: E402
from go_pprof import pprof, read_raw, run  # noqa: E402

TOOL = os.environ["PYRITE_MERGE_TOOL"]


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
    # Go 1.19 prints no build id, and the time in another way.
    head = ("Build ID: ", "Time: ")
    ours, theirs = ([line for line in lines if not line.startswith(head)]
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


def main():
    kinds = go_pprof.need()
    samples = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind, files in kinds.items():
            samples += compare_raw(kind, files, folder)
            samples += compare_raw(kind, files[:1], folder)
            for rows in (0, 7):
                compare_top(kind, files, rows)
            compare_top(kind, files[:1], 0)
            compare_folded(kind, files)
    print(f"{len(kinds)} kinds, {samples} samples: equal to go tool pprof")


if __name__ == "__main__":
    main()
