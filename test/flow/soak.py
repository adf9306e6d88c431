"""Scrapes while connections are reset, answers stall and targets restart, and looks at
what the process holds meanwhile."""

import os
import pathlib
import re

import flow

LOAD_TARGET = os.environ.get("PYRITE_LOAD_TARGET",
                             str(flow.tools.ROOT / "build/debug/bench/load_target"))
FIRST_PORT = 20000
KINDS = ("goroutines", "mem", "mutex", "block")
# Unit of each thing that is looked at.
HELD = {"resident": "KiB", "accounts": "KiB", "fds": "", "timers": "", "handles": ""}


def own_address():
    """One that no other test listens at, nor connects from."""
    pid = os.getpid()
    return f"127.{pid >> 16 & 255}.{pid >> 8 & 255}.{pid & 255}"


def load_target(count, seed, prefix=()):
    """It goes on as a flow.Program; SIGUSR1 ends its faults."""
    return flow.Program([
        *prefix, LOAD_TARGET, "--targets", count, "--address", own_address(),
        "--port", FIRST_PORT, "--faults", seed,
        "--corpus", flow.tools.ROOT / "bench/corpus/small"])


def config(count, interval, timeout, segment):
    """As many targets, each asked for one kind.  A segment's index grows until it is
    closed, so that many of them have to begin and end."""
    storage = f"storage: {{segment-max-age: {segment}, retention-bytes: 64MB}}\n"
    jobs = []
    for number, kind in enumerate(KINDS):
        addresses = [f"{own_address()}:{FIRST_PORT + i}"
                     for i in range(number, count, len(KINDS))]
        jobs += [flow.job(kind, "', '".join(addresses), [kind], interval,
                          extra=f"scrape-timeout: {timeout}")] if addresses else []
    return flow.config(*jobs, top=storage)


def total(metrics, name):
    return sum(value for series, value in metrics.items() if series.split("{")[0] == name)


def resident_kib(pyrite):
    text = pathlib.Path(f"/proc/{pyrite.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+) kB", text).group(1))


def held(pyrite, metrics):
    """What the process holds, with the connection that asked for the metrics."""
    return {"resident": resident_kib(pyrite),
            "accounts": total(metrics, "pyrite_memory_bytes") / 1024,
            "fds": metrics["process_open_fds"],
            "timers": metrics["pyrite_timers"],
            "handles": metrics["pyrite_loop_handles"]}


def scrapes_hold(metrics):
    """Bytes of what comes and goes with targets and scrapes: pprof and store keep buffers
    for what comes next."""
    return sum(value for series, value in metrics.items()
               if re.match(r'pyrite_memory_bytes{room="(?!pprof|store)', series))


def slope(points):
    """Of the line through (x, y) with the least squares."""
    middle = [sum(axis) / len(points) for axis in zip(*points)]
    spread = sum((x - middle[0]) ** 2 for x, _ in points)
    return sum((x - middle[0]) * (y - middle[1]) for x, y in points) / spread


def growth(samples):
    """{what is held: by how much the line through its samples rises}, of (x, held)."""
    span = samples[-1][0] - samples[0][0]
    return {name: span * slope([(x, sample[name]) for x, sample in samples]) for name in HELD}


def describe(samples):
    """A line a thing that is held."""
    for name, rise in growth(samples).items():
        values = [sample[name] for _, sample in samples]
        yield (f"{name} {HELD[name]}".strip() +
               f": {min(values):.0f} to {max(values):.0f}, line rises by {rise:+.1f}")
