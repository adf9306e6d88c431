#!/usr/bin/env python3
"""Builds the Go programs that the flow tests scrape or read with, by the machine's Go."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402


def main():
    go = tools.need("go")
    out = os.environ["PYRITE_GO_TARGETS"]
    os.makedirs(out, exist_ok=True)
    env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=readonly -buildvcs=false")
    failed = False
    for program in ("target", "deltatarget", "tlstarget", "promlint"):
        result = tools.run(go, "build", "-o", out + "/", f"./{program}",
                           cwd=pathlib.Path(__file__).parent, env=env)
        print(f"{program}: {'built' if result.returncode == 0 else result.stderr}")
        failed |= result.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
