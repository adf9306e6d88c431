#!/usr/bin/env python3
"""Reports long files and functions; fails where one passes its cap.

Aims are 350 lines a file and 40 a function, caps 600 and 80.  What ALLOWED
names may be as long as it says and no longer, and an entry that is no longer
needed fails too, so that the list only shrinks.
"""

import sys

import tools

FILE_AIM, FILE_CAP = 350, 600
FUNCTION_AIM, FUNCTION_CAP = 40, 80
ALLOWED = {}  # "src/x.c" or "src/x.c:function": lines


def functions(lines):
    """Yields (name, first line, count) of the functions of formatted C: their
    signature starts in column 0 and so does the brace that ends them."""
    start = None
    for number, line in enumerate(lines):
        if line[:1].isalpha() or line[:1] == "_":
            start = number
        if line.startswith("}") and start is not None:
            head = " ".join(lines[start:number]).split("{")[0]
            if "(" in head and "=" not in head:
                before = head.replace("__attribute__((", "").split("(")[0]
                name = before.split()[-1].lstrip("*") if before.split() else "?"
                yield name, start + 1, number - start + 1
            start = None


def measure():
    """Yields (kind, key, lines, aim, cap), longest first."""
    found = []
    for path in tools.c_files():
        name = str(path.relative_to(tools.ROOT))
        lines = path.read_text().splitlines()
        found.append(("file", name, len(lines), FILE_AIM, FILE_CAP))
        for function, _, count in functions(lines):
            key = f"{name}:{function}"
            found.append(("function", key, count, FUNCTION_AIM, FUNCTION_CAP))
    return sorted(found, key=lambda row: (row[0], -row[2]))


def verdict(key, lines, aim, cap):
    if lines > ALLOWED.get(key, cap):
        return f"OVER THE CAP of {ALLOWED.get(key, cap)}"
    if key in ALLOWED and lines <= cap:
        return "is within the cap now: remove it from ALLOWED"
    return f"over the aim of {aim}" if lines > aim else None


def main():
    rows = measure()
    failed = False
    for kind, key, lines, aim, cap in rows:
        text = verdict(key, lines, aim, cap)
        if text:
            print(f"{lines:5} lines: {kind} {key} {text}")
            failed |= not text.startswith("over the aim")
    for key in set(ALLOWED) - {row[1] for row in rows}:
        print(f"ALLOWED names {key}, which is not there")
        failed = True
    for kind in ("file", "function"):
        counts = sorted(row[2] for row in rows if row[0] == kind)
        over = sum(row[2] > row[3] for row in rows if row[0] == kind)
        print(f"{len(counts)} {kind}s, median {counts[len(counts) // 2]} lines,"
              f" longest {counts[-1]}, {over} over the aim")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
