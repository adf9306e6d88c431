#!/usr/bin/env python3
"""Instances of EC2: moto is the AWS, which says what there is and gives out keys
of roles; the metadata of the instance that Pyrite runs on is the test's own."""

import json
import os
import re
import sys
import time
import unittest
import urllib.parse
import urllib.request

import flow
import pprof
import server

import python_packages

PACKAGES = python_packages.folder("moto")
PATH = "/debug/pprof/goroutine"
TYPES = (("goroutine", "count"),)
BODY = pprof.encode(TYPES, {("main.main",): (1,)}, TYPES[0], 1)
REGION = "eu-west-1"
IMAGE = "ami-12c6146b"  # one of those that moto has
CANARY = "canary-0123456789"
ROLES = "/latest/meta-data/iam/security-credentials/"


class Metadata:
    """What the instance that Pyrite runs on is told of itself: of version 2, as
    strict as the real one."""

    def __init__(self, keys):
        self.keys = keys
        self.tokens = 0
        self.server = server.Server({
            "/latest/api/token": self.token,
            ROLES: lambda e: self.get(e, b"machine"),
            ROLES + "machine": self.role,
            "/latest/dynamic/instance-identity/document":
                lambda e: self.get(e, json.dumps({"region": REGION}).encode())})
        self.url = f"http://{self.server.address}"

    def token(self, exchange):
        if exchange.method != "PUT" or not exchange.headers.get(
                "x-aws-ec2-metadata-token-ttl-seconds", "").isdigit():
            return exchange.reply(b"", "400 Bad Request")
        self.tokens += 1
        return exchange.reply(f"{CANARY}-{self.tokens}".encode())

    def get(self, exchange, body):
        token = exchange.headers.get("x-aws-ec2-metadata-token", "")
        if exchange.method != "GET" or not token.startswith(CANARY):
            return exchange.reply(b"", "401 Unauthorized")
        return exchange.reply(body)

    def role(self, exchange):
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        return self.get(exchange, json.dumps(dict(
            Code="Success", Expiration=until, Type="AWS-HMAC", **self.keys)).encode())


def listens(aws):
    for line in aws.find(r"Running on http://127"):
        return line.split()[-1]
    return None


class Ec2(flow.FlowTest):
    @classmethod
    def setUpClass(cls):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("AWS_")}
        environment.update(PYTHONPATH=str(PACKAGES), PYTHONDONTWRITEBYTECODE="1")
        cls.aws = flow.Program(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            env=environment)
        cls.addClassCleanup(cls.aws.cleanup)

    def setUp(self):
        super().setUp()
        self.team = f"{self.id().rpartition('.')[2]} a/b"
        self.endpoint = self.wait(lambda: listens(self.aws), "moto listens", 120,
                                  alive=self.aws)
        self.target = server.Server({PATH: lambda e: e.reply(BODY)})
        self.addCleanup(self.target.close)

    def ask(self, action, **parameters):
        """What AWS answers; it looks at the region of a signature only."""
        query = urllib.parse.urlencode(dict(Action=action, Version="2016-11-15",
                                            **parameters))
        request = urllib.request.Request(f"{self.endpoint}/?{query}", headers={
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/"
                             f"{REGION}/ec2/aws4_request, SignedHeaders=host, Signature=a"})
        with urllib.request.urlopen(request, timeout=flow.PATIENCE) as answer:
            return answer.read().decode()

    def instances(self, count, team=None):
        tag = "TagSpecification.1.Tag.1."
        made = self.ask("RunInstances", **{
            "ImageId": IMAGE, "MinCount": count, "MaxCount": count,
            "TagSpecification.1.ResourceType": "instance",
            tag + "Key": "Team", tag + "Value": team or self.team})
        return set(re.findall("<instanceId>(.*?)</instanceId>", made))

    def job(self, keys, refresh="1s"):
        """Discovers the instances of a team, and asks the test's target for
        what they are, once each."""
        return f"""scrape-configs:
  - job-name: instances
    scrape-interval: 500ms
    enabled-profiles: [goroutines]
    ec2-sd-configs:
      - refresh-interval: {refresh}
        application: app
        filters:
          - {{name: 'tag:Team', values: ['{self.team}']}}
          - {{name: instance-state-name, values: [running]}}
{"".join(f"        {line}{chr(10)}" for line in keys)}    relabel-configs:
      - {{source-labels: [__meta_ec2_instance_id], target-label: instance}}
      - {{source-labels: [__meta_ec2_tag_Team], target-label: team}}
      - {{source-labels: [__meta_ec2_availability_zone_id], target-label: zone}}
      - {{source-labels: [__meta_ec2_region], target-label: region}}
      - {{target-label: __address__, replacement: '{self.target.address}'}}
"""

    def targets(self, pyrite):
        status, body = pyrite.get("/api/v1/targets")
        self.assertEqual(status, 200)
        return {target["labels"]["instance"]: target["labels"]
                for target in json.loads(body)["data"]["activeTargets"]}

    def run_with(self, keys, **environment):
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("AWS_")}
        clean.update(HOME=str(self.folder), **environment)
        return self.pyrite(self.job(keys), env=clean)

    def assert_found(self, pyrite, instances):
        self.wait(lambda: set(self.targets(pyrite)) == instances,
                  f"{len(instances)} instances are targets", alive=pyrite)

    def assert_no_secret(self, pyrite):
        self.assertNotIn(CANARY, pyrite.text())
        for page in ("/", "/targets", "/api/v1/targets", "/metrics"):
            self.assertNotIn(CANARY, pyrite.get(page)[1].decode())

    def test_instances_come_and_go(self):
        self.instances(2, "other")
        instances = self.instances(3)
        pyrite = self.run_with([f"endpoint: {self.endpoint}", f"region: {REGION}",
                                "access-key: AKIAEXAMPLE", f"secret-key: {CANARY}"])
        self.assert_found(pyrite, instances)
        labels = self.targets(pyrite)[min(instances)]
        self.assertEqual((labels["team"], labels["region"]), (self.team, REGION))
        self.assertRegex(labels["zone"], "^euw1-az[0-9]$")
        gone = instances.pop()
        self.ask("TerminateInstances", **{"InstanceId.1": gone})
        self.assert_found(pyrite, instances)
        more = self.instances(1)
        self.assert_found(pyrite, instances | more)
        self.assert_no_secret(pyrite)

    def test_the_role_of_the_instance_assumes_another(self):
        """Nothing is configured but the role: region and keys are those of the
        machine, and with these the token service is asked for others."""
        instances = self.instances(2)
        metadata = Metadata({"AccessKeyId": "ASIAMACHINE", "SecretAccessKey": CANARY,
                             "Token": CANARY})
        self.addCleanup(metadata.server.close)
        pyrite = self.run_with(
            ["role-arn: arn:aws:iam::123456789012:role/monitoring", "external-id: shop"],
            AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url, AWS_ENDPOINT_URL=self.endpoint)
        self.assert_found(pyrite, instances)
        labels = self.targets(pyrite)[min(instances)]
        self.assertEqual(labels["region"], REGION)
        before = len(self.aws.find("Action=DescribeInstances"))
        self.wait(lambda: len(self.aws.find("Action=DescribeInstances")) >= before + 3,
                  "it is refreshed", alive=pyrite)
        # All of it is kept until it is near its end.
        self.assertEqual(metadata.tokens, 1)
        self.assertEqual(len(self.aws.find("Action=AssumeRole")), 1)
        self.assertTrue(self.aws.find("ExternalId=shop&RoleArn=arn:aws:iam::123456789012:role/monitoring&"))
        self.assert_no_secret(pyrite)

    def test_a_pod_has_a_token(self):
        instances = self.instances(1)
        token = self.folder / "token"
        token.write_text(f"{CANARY}\n")
        pyrite = self.run_with(
            [], AWS_REGION=REGION, AWS_ENDPOINT_URL=self.endpoint,
            AWS_ROLE_ARN="arn:aws:iam::123456789012:role/pod",
            AWS_WEB_IDENTITY_TOKEN_FILE=str(token))
        self.assert_found(pyrite, instances)
        self.assert_no_secret(pyrite)
        self.assertFalse(self.aws.find(CANARY))  # which notes all URLs

    def test_a_container_has_a_service_beside_it(self):
        instances = self.instances(1)
        token = self.folder / "token"
        token.write_text("of another container")

        def give(exchange):
            if exchange.headers.get("authorization") != CANARY:
                return exchange.reply(b'{"code": "AccessDenied", "message": "who?"}',
                                      "403 Forbidden")
            until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            return exchange.reply(json.dumps({
                "AccessKeyId": "ASIACONTAINER", "SecretAccessKey": CANARY, "Token": CANARY,
                "Expiration": until, "RoleArn": "a"}).encode())

        service = server.Server({"/keys": give})
        self.addCleanup(service.close)
        pyrite = self.run_with(
            [f"endpoint: {self.endpoint}"], AWS_REGION=REGION,
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f"http://{service.address}/keys",
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token))
        self.wait(lambda: pyrite.find("keys of the container: status 403, AccessDenied: who"),
                  "it is refused", alive=pyrite)
        part = self.folder / "part"
        part.write_text(CANARY)
        part.rename(token)
        self.assert_found(pyrite, instances)
        self.assert_no_secret(pyrite)

    def test_a_shared_file_is_read_again(self):
        instances = self.instances(1)
        folder = self.folder / ".aws"
        folder.mkdir()
        pyrite = self.run_with([f"endpoint: {self.endpoint}", "profile: shop"],
                               AWS_EC2_METADATA_DISABLED="true")
        self.wait(lambda: pyrite.find('there is no profile \\\\"shop\\\\" in the shared'),
                  "the profile is missed", alive=pyrite)
        (folder / "config").write_text(f"[profile shop]\nregion = {REGION}\n")
        part = folder / "part"
        part.write_text(f"[shop]\naws_access_key_id = AKIA{CANARY}\n"
                        f"aws_secret_access_key = {CANARY}\n")
        part.rename(folder / "credentials")
        self.assert_found(pyrite, instances)
        self.assert_no_secret(pyrite)


if __name__ == "__main__":
    unittest.main()
