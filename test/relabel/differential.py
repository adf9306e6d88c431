#!/usr/bin/env python3
"""Relabelling gives what Prometheus' own package gives.

Cases: those of Prometheus' tests (cases.json), what fuzzing has found (or finds:
PYRITE_REGEX_CORPUS is a folder of it), random patterns on random texts, and
random rule lists on random label sets, from a seed that is printed and can be
given in PYRITE_SEED.  Every step of every list is compared.
"""

import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import go_toolchain  # noqa: E402
import tools  # noqa: E402

from patterns import Maker  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TOOL = os.environ["PYRITE_RELABEL_TOOL"]
ORACLE = os.environ["PYRITE_ORACLE"]
CORPUS = pathlib.Path(os.environ.get("PYRITE_REGEX_CORPUS",
                                     tools.ROOT / "test/fuzz/corpus/fuzz_regex"))
COUNT = int(os.environ.get("PYRITE_CASES", "20000"))
SHOWN = 10

# What we refuse on purpose, and Go does not; base/regex.h names them.
REFUSED = ("would give other groups than RE2", "(?i) with \\",
           "the pattern is too large", "groups are nested deeper")
ELIMIT = -40008  # too many steps: wild patterns only
GAVE_UP_MOST = 0.002

ACTIONS = ("replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap",
           "labeldrop", "labelkeep", "lowercase", "uppercase")
NAMES = ("a", "b", "c", "job", "__address__", "__name__", "__meta_kubernetes_pod_name",
         "__meta_kubernetes_pod_label_app", "__meta_kubernetes_pod_label_k8s_io", "__tmp_x",
         "my.name", "\u00e4\u00f6", "instance", "\xff")
COMMON = ("(.*)", "(.+)", ".*", ".+", "true", "", "a", "a|b", "([^:]+)(?::\\d+)?;(\\d+)",
          "__meta_kubernetes_pod_label_(.+)", "__meta_.*", "(?P<x>.*);(?P<y>.*)",
          "https?", "([^;]*);?(.*)", "foo)|(bar", "a)|(b.*", "(?i)TRUE", "(a|b)*;(.*)",
          "(?:([^,;]*)[,;]?)*", "(\\w+)[.](?:svc|pod)")
TEMPLATES = ("$1", "${1}", "$0", "$2", "x$1", "${1}x", "$1x", "$$", "$", "${", "${x}", "$x",
             "$x;$y", "${n}-${n1}", "$1:$2", "a", "", "$\u00e41", "${1", "$-", "__x_$1",
             "$1$1", "${01}", "$10", "b", "x$$y")


def as_bytes(text):
    """A text as the programs take it: a character for each byte of UTF-8; what
    is below U+0100 and not ASCII may also be given as a byte of its own."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def byte(value):
    """A byte that is no UTF-8, for as_bytes."""
    return chr(0xdc00 + value)


def random_text(maker):
    rng = maker.random
    text = maker.any_text()
    if rng.random() < 0.05:
        at = rng.randint(0, len(text))
        text = text[:at] + byte(rng.choice((0x80, 0xc3, 0xe2, 0xed, 0xff))) + text[at:]
    return text


def pattern_case(rng):
    maker = Maker(rng)
    if rng.random() < 0.2:
        texts = ["a" * rng.randint(0, 3) + "b" * rng.randint(0, 2) for _ in range(4)]
        return {"pattern": maker.hollow(), "texts": texts + ["abab", "aabaab"]}
    pattern, texts = maker.broken() if rng.random() < 0.3 else maker.pattern()
    chosen = [texts() if rng.random() < 0.7 else random_text(maker) for _ in range(5)]
    return {"pattern": as_bytes(pattern), "texts": [as_bytes(text) for text in chosen]}


def corpus_cases():
    """The inputs of fuzz_regex.c."""
    cases = []
    for path in sorted(CORPUS.iterdir()):
        pattern, _, text = path.read_bytes().decode("latin-1").partition("\0")
        cases.append({"pattern": pattern, "texts": [text]})
    return cases


def letter_cases():
    """Every character that Python knows: newer ones may be new to Go or to the
    C library."""
    known = [chr(code) for code in range(0x110000)
             if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
    rules = [{"action": action, "source_labels": ["a"], "target_label": action}
             for action in ("lowercase", "uppercase")]
    return [{"rules": rules, "labels": [["a", as_bytes("".join(known[at:at + 4096]))]]}
            for at in range(0, len(known), 4096)]


def name(rng):
    chosen = rng.choice(NAMES)
    return byte(0xff) if chosen == "\xff" else chosen


def valid_name(rng):
    return rng.choice(NAMES[:-1])


def random_rule(rng, makers):
    """One rule; mostly legal, as a list is refused for one that is not."""
    action = rng.choice(ACTIONS)
    strict = rng.random() < 0.97  # only what the action takes
    rule = {}
    if action != "replace" or rng.random() < 0.5:
        rule["action"] = rng.choice((action, action, action.upper(), action.title()))
    by_name = action in ("labelmap", "labeldrop", "labelkeep")
    equal = action in ("keepequal", "dropequal")
    if not (strict and by_name):
        rule["source_labels"] = [valid_name(rng) for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))]
    if not (strict and equal) and rng.random() < 0.8:
        if rng.random() < 0.6:
            rule["regex"] = rng.choice(COMMON)
        else:
            maker = Maker(rng)
            rule["regex"], texts = maker.pattern()
            makers.append(texts)
    if not (strict and (equal or by_name)) and rng.random() < 0.2:
        rule["separator"] = rng.choice(("", ";", "/", "\n", "ab"))
    if not strict or not by_name and action not in ("keep", "drop"):
        rule["target_label"] = (rng.choice(TEMPLATES) if action == "replace" and
                                rng.random() < 0.3 else valid_name(rng))
    if not strict or action in ("replace", "labelmap") and rng.random() < 0.7:
        rule["replacement"] = rng.choice(TEMPLATES)
    if action == "hashmod" or not strict:
        rule["modulus"] = str(rng.choice((1, 2, 8, 1000, 2 ** 63 + 1, 2 ** 64 - 1)))
    return rule


def rules_case(rng):
    makers = []
    rules = [random_rule(rng, makers) for _ in range(rng.choice((1, 1, 2, 3, 5, 8)))]
    maker = Maker(rng)
    labels = {}
    for _ in range(rng.choice((0, 1, 3, 6, 10))):
        kind = rng.random()
        value = (rng.choice(makers)() if makers and kind < 0.4 else
                 rng.choice(("true", "a", "b", "10.0.0.1:80;9090", "a,b", "foo", "")) if kind < 0.8
                 else random_text(maker))
        labels[name(rng)] = value
    for rule in rules:
        for key, value in rule.items():
            rule[key] = ([as_bytes(one) for one in value] if isinstance(value, list)
                         else as_bytes(value))
    return {"rules": rules, "labels": [[as_bytes(n), as_bytes(v)] for n, v in labels.items()]}


def fail(reason):
    """On standard output, as the rest, and at once."""
    print(f"FAILED: {reason}", flush=True)
    sys.exit(1)


def answers(program, path):
    with open(path, "rb") as lines:
        done = subprocess.run([program], stdin=lines, capture_output=True, check=False)
    errors = done.stderr.decode(errors="replace")[-4000:]
    if done.returncode != 0:
        why = (f"killed by {signal.Signals(-done.returncode).name}" if done.returncode < 0
               else f"exit {done.returncode}")
        fail(f"{program}: {why}: {errors}")
    found = []
    for line in done.stdout.decode().split("\n"):
        try:
            found += [json.loads(line)] if line else []
        except ValueError as error:
            fail(f"{program}: answer {len(found)} is no JSON: {error}: {line[:400]!r} {errors}")
    return found


def is_deliberate(ours):
    return any(text in ours.get("error", "") for text in REFUSED)


def gave_up(answer):
    return isinstance(answer, dict) and answer.get("code") == ELIMIT


def verdict(ours, theirs):
    """What the pair of answers is; "differs" is the one that must not be."""
    if "panic" in theirs:
        return "Prometheus panics"
    if "error" in ours and "error" in theirs:
        return "refused"
    if is_deliberate(ours):
        return "refused on purpose"
    if "matches" in ours and "matches" in theirs:
        pairs = list(zip(ours["matches"], theirs["matches"]))
        if any(one != other and not gave_up(one) for one, other in pairs):
            return "differs"
        return "gave up" if any(gave_up(one) for one, _ in pairs) else "equal"
    if gave_up(ours):
        return "gave up"
    return "equal" if ours == theirs else "differs"


def compare(cases, folder):
    path = folder / "cases"
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    ours, theirs = answers(TOOL, path), answers(ORACLE, path)
    if not len(ours) == len(theirs) == len(cases):
        fail(f"{len(cases)} cases, {len(ours)} and {len(theirs)} answers")
    counts = collections.Counter()
    for case, one, other in zip(cases, ours, theirs):
        found = verdict(one, other)
        counts[found] += 1
        if found == "differs" and counts[found] <= SHOWN:
            print(f"{json.dumps(case)}\n  ours:   {json.dumps(one)}\n"
                  f"  theirs: {json.dumps(other)}")
    return counts, ours


def check_published(folder):
    """Prometheus' own cases: also against what its tests expect."""
    cases = json.loads((HERE / "cases.json").read_text())
    inputs = [{key: value for key, value in case.items() if key in ("rules", "labels")}
              for case in cases]
    counts, ours = compare(inputs, folder)
    for case, answer in zip(cases, ours):
        if "error" in case:
            good = case["error"].replace("_", "-") in answer.get("error", "")
        elif case["kept"]:
            good = answer.get("kept") is True and answer["steps"][-1] == case["expected"]
        else:
            good = answer.get("kept") is False
        if not good:
            print(f"{json.dumps(case)}\n  ours: {json.dumps(answer)}")
            counts["differs"] += 1
    return counts


def why_bad(counts):
    """What must not be about these counts, or nothing."""
    if counts["differs"] > 0:
        return f"{counts['differs']} differ"
    if counts["equal"] == 0:
        return "none is equal, so nothing was compared"
    if counts["gave up"] > GAVE_UP_MOST * COUNT:
        return f"{counts['gave up']} gave up, expected at most {GAVE_UP_MOST * COUNT:.0f}"
    return ""


def main():
    started = time.monotonic()
    seed = int(os.environ.get("PYRITE_SEED", random.SystemRandom().getrandbits(32)))
    print(f"PYRITE_SEED={seed} PYRITE_CASES={COUNT}", flush=True)
    go_toolchain.build(HERE / "oracle", ORACLE)
    print(f"the oracle is built, after {time.monotonic() - started:.0f} s", flush=True)
    rng = random.Random(seed)
    reasons = []
    with tempfile.TemporaryDirectory() as name_:
        folder = pathlib.Path(name_)
        for what, run in (
                ("published", lambda: check_published(folder)),
                ("corpus", lambda: compare(corpus_cases(), folder)[0]),
                ("letters", lambda: compare(letter_cases(), folder)[0]),
                ("patterns",
                 lambda: compare([pattern_case(rng) for _ in range(COUNT)], folder)[0]),
                ("rule lists",
                 lambda: compare([rules_case(rng) for _ in range(COUNT)], folder)[0])):
            counts = run()
            print(f"{what}: " + ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())) +
                  f", after {time.monotonic() - started:.0f} s", flush=True)
            if why_bad(counts):
                reasons.append(f"{what}: {why_bad(counts)}")
    if reasons:
        fail("; ".join(reasons))


if __name__ == "__main__":
    main()
