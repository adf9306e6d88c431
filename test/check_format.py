#!/usr/bin/env python3
"""Every C file is as clang-format 14 would write it."""

import re
import sys

import tools


def main():
    tool = tools.need("clang-format-14", "clang-format")
    version = tools.run(tool, "--version").stdout
    if not re.search(r"version 14\.", version):
        tools.skip(f"clang-format 14 is needed, this is {version.strip()}")
    files = tools.c_files()
    result = tools.run(tool, "--dry-run", "-Werror", *map(str, files))
    print(result.stderr, end="")
    print(f"{len(files)} files looked at")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
