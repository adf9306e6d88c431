#!/usr/bin/env python3
"""Holds the includes of src/ to the table of rooms in src/DESIGN.md.

A room is a folder of src/; the files directly in src/ are the row that names
`scraper.c`.  A room may include itself, the public header, and what its row
lists.  Folders inside of one room include nothing of each other.  Only the
rooms in LIBUV_ROOMS know the loop.
"""

import argparse
import pathlib
import re
import sys

import tools

TOP = "scraper.c"  # the row of the files that are in no folder
LIBUV_ROOMS = {"discovery", "targets", "net", "serve", "cli", TOP}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def read_rooms(design):
    """{room: set of rooms it may include}, from the table."""
    rooms, lists = {}, {}
    for line in design.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 3:
            continue
        if cells[0] == "room" or set(cells[0]) <= {"-"}:
            continue
        name = TOP if TOP in cells[0] else cells[0]
        lists[name] = re.findall(r"[a-z_]+", cells[2])
    for name, words in lists.items():
        everything = "all" in words
        rooms[name] = set(lists) - {TOP, "cli"} if everything else set(words)
        rooms[name] |= {name}
    return rooms


def room_of(path):
    return path.parts[0] if len(path.parts) > 1 else TOP


def are_siblings(path, target):
    """Both are in folders of one room, and not in the same."""
    mine, other = path.parts[:-1], target.parts[:-1]
    return (min(len(mine), len(other)) > 1 and mine[0] == other[0]
            and mine != other)


def check_file(path, text, rooms):
    """Yields what is wrong with the includes of one file."""
    room = room_of(path)
    if room not in rooms:
        yield f"{path}: room `{room}` has no row in the table"
        return
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        target = match.group(2)
        where = f"{path}:{line}: {room} includes"
        if match.group(1) == "<":
            if re.match(r"uv(\.h|/)", target) and room not in LIBUV_ROOMS:
                yield f"{where} <{target}>; only {sorted(LIBUV_ROOMS)} may"
        elif target != "pyrite.h":
            target = pathlib.PurePath(target)
            if room_of(target) not in rooms[room]:
                yield f"{where} \"{target}\"; the table forbids it"
            if are_siblings(path, target):
                yield f"{where} \"{target}\" of another of its folders"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=pathlib.Path, default=tools.ROOT / "src")
    source = parser.parse_args().source
    rooms = read_rooms((source / "DESIGN.md").read_text())
    if TOP not in rooms or "base" not in rooms:
        print(f"{source}/DESIGN.md: the table of rooms is not there")
        return 1
    files = sorted(source.rglob("*.[ch]"))
    wrong = []
    for path in files:
        wrong += check_file(path.relative_to(source), path.read_text(), rooms)
    print("\n".join(wrong) if wrong else f"{len(files)} files follow the arrows")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
