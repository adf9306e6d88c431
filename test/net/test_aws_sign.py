#!/usr/bin/env python3
"""Signatures of requests to AWS, beside those of botocore, the library of AWS's
own programs, for random keys, regions, times and filters."""

import json
import os
import pathlib
import random
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import python_packages  # noqa: E402

sys.path.insert(0, str(python_packages.folder("moto")))
from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

COUNT = int(os.environ.get("PYRITE_CASES", "1000"))
KEY = [chr(code) for code in range(0x21, 0x7f)]
TEXT = KEY + [" ", "\t", "\n", "é", "漢", "😀", "%", "+", "&", "=", "/", "?", "#"]


def word(rng, letters, least, most):
    return "".join(rng.choices(letters, k=rng.randint(least, most)))


def made(rng):
    return {
        "id": word(rng, KEY, 1, 30),
        "secret": word(rng, KEY, 1, 60),
        "token": word(rng, KEY, 1, 300) if rng.random() < 0.5 else None,
        "region": word(rng, "abcdefgh-0123", 1, 20),
        "service": rng.choice(["ec2", "sts"]),
        "endpoint": rng.choice(["https://ec2.eu-west-1.amazonaws.com", "http://127.0.0.1:5000",
                                "https://h.example:443", "http://h.example:80",
                                "https://[::1]:8443"]),
        "time": rng.randrange(1 << 32),
        "next": word(rng, TEXT, 0, 40),
        "filters": [{"name": word(rng, TEXT, 1, 20),
                     "values": [word(rng, TEXT, 0, 20) for _ in range(rng.randint(1, 12))]}
                    for _ in range(rng.randint(0, 4))],
    }


def parameters(case):
    """What is to be asked, by name."""
    asked = {"Action": "DescribeInstances", "Version": "2016-11-15"}
    if case["next"]:
        asked["NextToken"] = case["next"]
    for number, found in enumerate(case["filters"], 1):
        asked[f"Filter.{number}.Name"] = found["name"]
        for place, value in enumerate(found["values"], 1):
            asked[f"Filter.{number}.Value.{place}"] = value
    return asked


def expected(case, url):
    """The headers as botocore makes them."""
    auth = SigV4Auth(Credentials(case["id"], case["secret"], case["token"]),
                     case["service"], case["region"])
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(case["time"]))
    headers = {"X-Amz-Date": stamp}
    if case["token"]:
        headers["X-Amz-Security-Token"] = case["token"]
    request = AWSRequest("GET", url, headers)
    request.context["timestamp"] = stamp
    signed = auth.string_to_sign(request, auth.canonical_request(request))
    names = auth.signed_headers(auth.headers_to_sign(request))
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, "
        f"Signature={auth.signature(signed, request)}")
    return headers


def main():
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"SEED={seed}")
    rng = random.Random(seed)
    cases = [made(rng) for _ in range(COUNT)]
    done = subprocess.run([os.environ["PYRITE_AWS_SIGN_TOOL"]], text=True, capture_output=True,
                          input="\n".join(map(json.dumps, cases)))
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == len(cases), len(answers)
    for case, line in zip(cases, answers):
        answer = json.loads(line)
        headers = dict(header.split(": ", 1)
                       for header in answer["headers"].split("\r\n") if header)
        query = urllib.parse.urlsplit(answer["url"]).query
        asked = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True)
        assert dict(asked) == parameters(case), (case, query)
        assert headers == expected(case, answer["url"]), (case, answer)
    print(f"{COUNT} signatures are botocore's")


if __name__ == "__main__":
    main()
