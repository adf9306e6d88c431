#!/usr/bin/env python3
"""clang-tidy finds nothing in src/ and examples/ (.clang-tidy says what it
looks for).  The compile commands are those of the build folder given."""

import json
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor

import tools


def main():
    tool = tools.need("clang-tidy-14", "clang-tidy")
    build = pathlib.Path(sys.argv[1])
    commands = json.loads((build / "compile_commands.json").read_text())
    wanted = [f"{tools.ROOT}/{folder}/" for folder in ("src", "examples")]
    files = sorted({entry["file"] for entry in commands
                    if entry["file"].startswith(tuple(wanted))})

    def tidy(path):
        return tools.run(tool, "--quiet", "-p", str(build), path)

    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for path, result in zip(files, pool.map(tidy, files)):
            if result.returncode:
                failed += 1
                print(f"-- {path}\n{result.stdout}{result.stderr}")
    print(f"{len(files)} files looked at, {failed} with findings")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
