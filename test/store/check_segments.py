#!/usr/bin/env python3
"""Two readers of segments agree: Pyrite's, and segment.py, which was written
from src/store/FORMAT.md.  And both still read the golden segments as they did
when these were written."""

import gzip
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOOL = os.environ["PYRITE_SEGMENT_TOOL"]
STORE_TOOL = os.environ["PYRITE_STORE_TOOL"]
CORPUS = HERE.parent.parent / "bench" / "corpus"


def dump(path):
    return subprocess.run([TOOL, "dump", path], capture_output=True, text=True, check=True).stdout


def reference(path):
    return subprocess.run([sys.executable, HERE / "segment.py", path], capture_output=True,
                          text=True, check=True).stdout


def compare(name, ours, theirs):
    """1 where they differ."""
    if ours == theirs:
        print(f"{name}: {len(ours.splitlines())} lines agree")
        return 0
    print(f"{name}: DIFFERS")
    for number, (a, b) in enumerate(zip(ours.splitlines(), theirs.splitlines())):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            print(f"  line {number + 1}, column {at}:\n  {a[max(at - 60, 0):at + 60]}\n"
                  f"  {b[max(at - 60, 0):at + 60]}")
            break
    else:
        print(f"  {len(ours.splitlines())} and {len(theirs.splitlines())} lines")
    return 1


def check_corpus():
    """Bodies of a real program, two of each kind."""
    arguments = []
    bodies = sorted((CORPUS / "small").glob("*/[01].pb.gz"))
    for number, path in enumerate(bodies):
        kind = path.parent.name
        arguments += [f"{kind}:{kind}", "small", "test", str(1767225600 + number), path]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([STORE_TOOL, folder, *arguments], check=True)
        segments = list(pathlib.Path(folder).glob("*.pyr"))
        lines = [dump(path) for path in segments]
        if not bodies or sum(len(text.splitlines()) for text in lines) != len(bodies):
            print("corpus: profiles are missing")
            return 1
        return sum(compare("corpus", text, reference(path))
                   for path, text in zip(segments, lines))


def main():
    failed = check_corpus()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([TOOL, "write", folder], check=True)
        written = sorted(pathlib.Path(folder).glob("*.pyr"))
        lines = [dump(path) for path in written]
        if [len(text.splitlines()) for text in lines] != [60, 12]:
            print("the store did not write a sealed segment of 60 profiles and another of 12")
            failed += 1
        for path, text in zip(written, lines):
            failed += compare(path.name, text, reference(path))
    golden = sorted((HERE / "golden").glob("*.pyr"))
    for path in golden:
        expected = gzip.decompress(path.with_suffix(".jsonl.gz").read_bytes()).decode()
        failed += compare(f"golden {path.name}", dump(path), expected)
        if not path.name.startswith("damaged"):
            failed += compare(f"golden {path.name}, from the document", reference(path), expected)
    return 1 if failed or not golden else 0


if __name__ == "__main__":
    sys.exit(main())
