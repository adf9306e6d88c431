"""A real Kubernetes API server over a real etcd, on loopback, with TLS, RBAC and
static tokens; and the discoverer that is tested on it."""

import base64
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import go_programs  # noqa: E402
import tools  # noqa: E402

DISCOVER = os.environ.get("PYRITE_KUBERNETES_DISCOVER",
                          str(tools.ROOT / "build/debug/test/kubernetes_discover"))
PATIENCE = 60
ADMIN, SCRAPER = "tok-admin", "tok-scraper"


def wait(condition, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)


class Cluster:
    def __init__(self):
        self.server = go_programs.need("kube-apiserver")
        self.etcd_binary = tools.need("etcd")
        tools.need("openssl")
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pyrite-kube-", dir=base))
        self.port, self.etcd_port, peer_port = tools.free_ports(3)
        self.url = f"https://127.0.0.1:{self.port}"
        self.children = []
        self.make_keys()
        self.etcd = self.run(
            self.etcd_binary, "--data-dir", self.folder / "etcd",
            "--listen-client-urls", f"http://127.0.0.1:{self.etcd_port}",
            "--advertise-client-urls", f"http://127.0.0.1:{self.etcd_port}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer_port}",
            log="etcd.log")
        self.start()

    # ---- processes

    def run(self, *command, log):
        with open(self.folder / log, "ab") as out:
            child = subprocess.Popen([str(word) for word in command], stdout=out,
                                     stderr=out, stdin=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def make_keys(self):
        def openssl(*arguments):
            subprocess.run(["openssl", *map(str, arguments)], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        at = self.folder
        openssl("genrsa", "-out", at / "sa.key", "2048")
        openssl("rsa", "-in", at / "sa.key", "-pubout", "-out", at / "sa.pub")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=clients", "-keyout", at / "client-ca.key", "-out", at / "client-ca.crt")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=system:masters/CN=cert",
                "-keyout", at / "client.key", "-out", at / "client.csr")
        openssl("x509", "-req", "-in", at / "client.csr", "-days", "2", "-CAcreateserial",
                "-CA", at / "client-ca.crt", "-CAkey", at / "client-ca.key",
                "-out", at / "client.crt")
        (at / "tokens.csv").write_text(f'{ADMIN},admin,1,system:masters\n{SCRAPER},scraper,2,""\n')

    def start(self):
        self.api = self.run(
            self.server, f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--cert-dir={self.folder / 'certs'}", "--bind-address=127.0.0.1",
            f"--secure-port={self.port}", f"--client-ca-file={self.folder / 'client-ca.crt'}",
            f"--service-account-key-file={self.folder / 'sa.pub'}",
            f"--service-account-signing-key-file={self.folder / 'sa.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--token-auth-file={self.folder / 'tokens.csv'}", "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24", "--etcd-compaction-interval=0",
            "--disable-admission-plugins=ServiceAccount", "--advertise-address=127.0.0.1",
            log="api.log")
        wait(self.ready, "the API server")

    def ready(self):
        if self.api.poll() is not None:
            print((self.folder / "api.log").read_text()[-4000:])
            raise AssertionError("the API server has ended")
        try:
            return self.ask("GET", "/readyz")[1] == b"ok"
        except OSError:
            return False

    def kill(self):
        self.api.send_signal(signal.SIGKILL)
        self.api.wait()

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- requests

    @property
    def ca(self):
        return self.folder / "certs" / "apiserver.crt"

    def connect(self):
        context = ssl._create_unverified_context()  # what is tested verifies
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE,
                                           context=context)

    def ask(self, method, path, document=None, token=ADMIN, connection=None,
            content_type="application/json"):
        own = connection or self.connect()
        try:
            own.request(method, path, None if document is None else json.dumps(document),
                        {"Authorization": f"Bearer {token}", "Content-Type": content_type})
            response = own.getresponse()
            return response.status, response.read()
        finally:
            if connection is None:
                own.close()

    def must(self, method, path, document=None, **kwargs):
        status, body = self.ask(method, path, document, **kwargs)
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {body.decode()}")
        return json.loads(body) if body else None

    def create(self, path, document, connection=None):
        """Creates an object, and sets its status where it has one: the server
        takes that only by itself."""
        made = self.must("POST", path, document, connection=connection)
        if "status" in document:
            made["status"] = document["status"]
            made = self.must("PUT", f"{path}/{document['metadata']['name']}/status", made,
                             connection=connection)
        return made

    def patch(self, path, change):
        return self.must("PATCH", path, change, content_type="application/merge-patch+json")

    def delete(self, path):
        return self.must("DELETE", path, {"gracePeriodSeconds": 0, "kind": "DeleteOptions",
                                          "apiVersion": "v1"})

    def etcd_ask(self, path, document):
        connection = http.client.HTTPConnection("127.0.0.1", self.etcd_port, timeout=PATIENCE)
        try:
            connection.request("POST", path, json.dumps(document))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def compact(self):
        """Has etcd forget all but the present."""
        key = base64.b64encode(b"/").decode()
        revision = self.etcd_ask("/v3/kv/range", {"key": key})["header"]["revision"]
        answer = self.etcd_ask("/v3/kv/compaction", {"revision": revision, "physical": True})
        assert "error" not in answer, answer

    # ---- who asks

    def kubeconfig(self, user, cluster=None):
        """A file for the user, a map as kubeconfigs have it."""
        path = self.folder / f"kubeconfig-{len(list(self.folder.glob('kubeconfig-*')))}"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster or {
                "server": self.url, "certificate-authority": str(self.ca)}}],
            "users": [{"name": "u", "user": user}]}))
        return str(path)


class Discover:
    """The discoverer in a process of its own; `groups` is what it has told."""

    def __init__(self, cluster, config, *arguments, env=None):
        self.path = cluster.folder / f"sd-{len(list(cluster.folder.glob('sd-*')))}.yml"
        self.path.write_text(json.dumps({"scrape-configs": [{
            "job-name": "tool", "enabled-profiles": ["cpu"],
            "kubernetes-sd-configs": [config]}]}))
        self.groups, self.updates, self.stats, self.log = {}, [], [], []
        self.process = subprocess.Popen(
            [DISCOVER, str(self.path), *arguments], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})})
        self.threads = [threading.Thread(target=self.read, daemon=True),
                        threading.Thread(target=self.read_log, daemon=True)]
        for thread in self.threads:
            thread.start()

    def read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if "source" in told:
                if told["targets"]:
                    self.groups[told["source"]] = told["targets"]
                else:
                    self.groups.pop(told["source"], None)
                self.updates.append(told["source"])
            else:
                self.stats.append(told["synced"])

    def read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip())

    def synced(self):
        wait(lambda: self.stats or self.process.poll() is not None, "the first state")
        assert self.stats, "\n".join(self.log)
        return self

    def ask(self):
        """The statistics of now."""
        before = len(self.stats)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        wait(lambda: len(self.stats) > before, "statistics")
        return self.stats[-1]

    def until(self, condition, what):
        try:
            wait(lambda: condition(self.groups), what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{json.dumps(self.groups, indent=1)}\n"
                                 + "\n".join(self.log)) from None

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        """Its exit code, with all of the output read."""
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        for thread in self.threads:
            thread.join()
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for thread in self.threads:
            thread.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
