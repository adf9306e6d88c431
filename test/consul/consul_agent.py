"""A real Consul agent on loopback that is a server of its own, asks for tokens, and
keeps what it knows over a restart."""

import http.client
import json
import pathlib
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import go_programs  # noqa: E402
import tools  # noqa: E402

ADMIN = "6d3fb1a4-0000-4000-8000-00000000000a"
READER = "6d3fb1a4-0000-4000-8000-00000000000b"
RULES = """
agent_prefix "" { policy = "read" }
node_prefix "" { policy = "read" }
service_prefix "" { policy = "read" }
"""


class Agent:
    """`program` runs it, as flow.Program does, and `wait` waits, as flow.FlowTest does."""

    def __init__(self, program, wait, folder):
        self.binary = go_programs.need("consul-agent")
        self.program, self.wait, self.folder = program, wait, pathlib.Path(folder) / "consul"
        self.port, *self.others = tools.free_ports(4)
        self.address = f"127.0.0.1:{self.port}"
        self.start()

    def config(self):
        names = ("server", "serf_lan", "serf_wan")
        return {
            "server": True, "bootstrap_expect": 1, "datacenter": "test-dc", "node_name": "node-a",
            "node_meta": {"rack": "r1"}, "bind_addr": "127.0.0.1", "log_level": "debug",
            "data_dir": str(self.folder / "data"), "disable_update_check": True,
            "connect": {"enabled": False}, "performance": {"raft_multiplier": 1},
            "ports": {"http": self.port, "dns": -1, "grpc": -1, "grpc_tls": -1,
                      **dict(zip(names, self.others))},
            "acl": {"enabled": True, "default_policy": "deny",
                    "tokens": {"initial_management": ADMIN, "agent": ADMIN}}}

    def start(self):
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "agent.json"
        path.write_text(json.dumps(self.config()))
        self.process = self.program([self.binary, "-config-file", path])
        self.wait(self.is_ready, "the agent leads and takes the token", alive=self.process)

    def is_ready(self):
        """Of a new leader, tokens and nodes come a moment later."""
        try:
            status, nodes = self.ask("GET", "/v1/catalog/nodes")
        except OSError:
            return False
        return status == 200 and len(nodes) > 0

    def kill(self):
        self.process.send(signal.SIGKILL)
        self.process.ended()

    def forget(self):
        """All that it knows: the next start is its first."""
        shutil.rmtree(self.folder)

    # ---- requests

    def ask(self, method, path, document=None, token=ADMIN):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if document is None else json.dumps(document),
                               {"X-Consul-Token": token})
            response = connection.getresponse()
            body = response.read()
            return response.status, json.loads(body) if response.status == 200 and body else None
        finally:
            connection.close()

    def must(self, method, path, document=None):
        status, answer = self.ask(method, path, document)
        assert status == 200, f"{method} {path}: {status}"
        return answer

    def admit_reader(self):
        """A token that may read and nothing else."""
        self.must("PUT", "/v1/acl/policy", {"Name": "reader", "Rules": RULES})
        self.must("PUT", "/v1/acl/token", {"SecretID": READER, "Policies": [{"Name": "reader"}]})

    def register(self, name, address, tags=("profiled",), service="shop"):
        """An instance of a service, that says itself how it is."""
        host, _, port = address.rpartition(":")
        self.must("PUT", "/v1/agent/service/register", {
            "ID": name, "Name": service, "Address": host, "Port": int(port), "Tags": list(tags),
            "Meta": {"team": "a"}, "Check": {"TTL": "24h", "Status": "passing"}})

    def deregister(self, name):
        self.must("PUT", f"/v1/agent/service/deregister/{name}")

    def health(self, name, status):
        """pass, warn or fail."""
        self.must("PUT", f"/v1/agent/check/{status}/service:{name}")
