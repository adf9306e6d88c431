#!/usr/bin/env python3
"""Decoding and encoding a body changes nothing that go tool pprof shows: -raw of
what comes out is -raw of what went in, for every body of bench/corpus."""

import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import go_pprof  # noqa: E402

TOOL = os.environ["PYRITE_ROUND_TRIP_TOOL"]


def raw(path):
    return go_pprof.pprof("-symbolize=none", "-raw", path)


def compare(name, body, folder):
    out = folder / "out.pb.gz"
    out.write_bytes(go_pprof.run(TOOL, body))
    got, wanted = raw(out).splitlines(), raw(body).splitlines()
    # In the same order even: only the numbers of things may be others, and
    # those of Go's bodies are not.
    for number, (one, other) in enumerate(zip(got, wanted), 1):
        if one != other:
            sys.exit(f"{name}: line {number} of -raw:\n{one}\n--- was ---\n{other}")
    if len(got) != len(wanted):
        sys.exit(f"{name}: {len(got)} lines of -raw, were {len(wanted)}")
    return sum(go_pprof.read_raw("\n".join(got) + "\n")[1].values())


def main():
    kinds = go_pprof.need()
    samples = bodies = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind, files in kinds.items():
            for body in files:
                samples += compare(f"{kind}/{body.name}", body, pathlib.Path(folder))
                bodies += 1
    if samples == 0:
        sys.exit("no body has samples")
    print(f"{bodies} bodies, {samples} samples: as they were")


if __name__ == "__main__":
    main()
