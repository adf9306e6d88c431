#!/usr/bin/env python3
"""Kubernetes' discovery on a real API server: the classic example, live changes,
rights, a server that goes away and one that forgets."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "kubernetes"))
import cluster as kube  # noqa: E402
import flow  # noqa: E402
import go_programs  # noqa: E402
import server  # noqa: E402

META = "__meta_kubernetes_"
QUICK = ("delay_max=500",)


def pod(name, port=6060, ip="10.1.2.3", annotations=None, **kwargs):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": name},
                         "annotations": annotations or {}, **kwargs},
            "spec": {"nodeName": "node-a", "containers": [
                {"name": "main", "image": "example.com/app:1",
                 "ports": [{"name": "http", "containerPort": 8080},
                           {"name": "pprof", "containerPort": port}]},
                {"name": "side", "image": "example.com/side:1"}],
                "initContainers": [{"name": "first", "image": "example.com/init:1"}]},
            "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
                       "hostIP": "192.168.0.1", "hostIPs": [{"ip": "192.168.0.1"}],
                       "conditions": [{"type": "Ready", "status": "True"}],
                       "containerStatuses": [
                           {"name": "main", "image": "i", "imageID": "j", "ready": True,
                            "restartCount": 0, "containerID": f"containerd://{name}"}]}}


def service(name):
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "default", "labels": {"team": "a"}},
            "spec": {"selector": {"app": name},
                     "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}


def endpoints(name, *addresses):
    return {"apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"name": name, "namespace": "default"},
            "subsets": [{"addresses": [
                {"ip": ip, "nodeName": "node-a", "targetRef": {
                    "kind": "Pod", "namespace": "default", "name": pod_name}}
                for pod_name, ip in addresses],
                "ports": [{"name": "http", "port": 8080}]}]}


def endpoint_slice(name, service_name, *addresses):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": name, "namespace": "default",
                         "labels": {"kubernetes.io/service-name": service_name}},
            "endpoints": [{"addresses": [ip], "conditions": {"ready": True}, "targetRef": {
                "kind": "Pod", "namespace": "default", "name": pod_name}}
                for pod_name, ip in addresses],
            "ports": [{"name": "http", "port": 8080}]}


def node(name):
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"zone": "z1"}}, "spec": {"providerID": "x://1"},
            "status": {"addresses": [{"type": "InternalIP", "address": "192.168.0.1"}],
                       "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                       "conditions": [{"type": "Ready", "status": "True"}]}}


def ingress(name):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"tls": [{"hosts": ["*.example.com"]}], "rules": [
                {"host": "a.example.com", "http": {"paths": [
                    {"path": "/x", "pathType": "Prefix", "backend": {
                        "service": {"name": "web", "port": {"number": 80}}}}]}}]}}


PODS = "/api/v1/namespaces/default/pods"
PLACES = {
    "Pod": PODS, "Service": "/api/v1/namespaces/default/services",
    "Endpoints": "/api/v1/namespaces/default/endpoints", "Node": "/api/v1/nodes",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/default/ingresses"}


def labels(groups, source, name, index=0):
    return groups.get(source, [{}])[index].get(META + name)


class Kubernetes(flow.FlowTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = kube.Cluster()
        cls.oracle = go_programs.find("kubernetes-oracle") \
            if os.environ.get("CI") != "true" else None

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close()

    def discover(self, config, *arguments, user=None, **kwargs):
        """With a kubeconfig of the administrator, or of another user."""
        config = {"kubeconfig-file": self.cluster.kubeconfig(user or {"token": kube.ADMIN}),
                  **config}
        found = kube.Discover(self.cluster, config, *QUICK, *arguments, **kwargs)
        self.addCleanup(found.close)
        return found

    def create(self, *documents):
        """Objects that are gone when the test is over."""
        for document in documents:
            path = PLACES[document["kind"]]
            self.cluster.create(path, document)
            self.addCleanup(self.cluster.ask, "DELETE", f"{path}/{document['metadata']['name']}",
                            {"gracePeriodSeconds": 0})

    def everything(self):
        self.create(node("node-a"), pod("web-1", ip="10.1.2.3"), pod("web-2", ip="10.1.2.4"),
                    service("web"), endpoints("web", ("web-1", "10.1.2.3"), ("web-2", "10.1.2.4")),
                    endpoint_slice("web-abc", "web", ("web-1", "10.1.2.3")), ingress("front"))

    def finish(self, found):
        """It ends by itself, and told of nothing that went wrong."""
        self.assertEqual(found.end(), 0)
        self.assertNotIn("Sanitizer", "\n".join(found.log))

    # ---- the classic example

    def test_classic_example(self):
        """Port, path and application by annotations: all that the relabelling of
        the published example reads is there, on every port of the pod."""
        self.create(pod("web-1", annotations={
            "pyroscope.io/scrape": "true", "pyroscope.io/application-name": "shop",
            "pyroscope.io/port": "6060", "pyroscope.io/profile-cpu-enabled": "true"}))
        found = self.discover({"role": "pod"}).synced()
        targets = found.groups["pod/default/web-1"]
        self.assertEqual([t["__address__"] for t in targets],
                         ["10.1.2.3:8080", "10.1.2.3:6060", "10.1.2.3", "10.1.2.3"])
        for target in targets:
            self.assertEqual(target[META + "pod_annotation_pyroscope_io_scrape"], "true")
            self.assertEqual(target[META + "pod_annotationpresent_pyroscope_io_port"], "true")
            self.assertEqual(target[META + "pod_annotation_pyroscope_io_application_name"], "shop")
            self.assertEqual(target[META + "pod_phase"], "Running")
            self.assertEqual(target[META + "pod_ready"], "true")
        self.assertEqual(targets[1][META + "pod_container_port_number"], "6060")
        self.assertEqual(targets[0][META + "pod_container_id"], "containerd://web-1")
        self.assertEqual(targets[3][META + "pod_container_init"], "true")
        self.finish(found)

    def test_pyrite_scrapes_what_it_finds(self):
        """The shipped example, on a pod that is there, changes and goes."""
        bodies = sorted((kube.tools.ROOT / "bench/corpus/small/heap").glob("*.pb.gz"))
        target = server.Server({"/debug/pprof/heap": lambda exchange: exchange.reply(
            bodies[0].read_bytes())})
        self.addCleanup(target.close)
        port = target.address.split(":")[1]
        text = (kube.tools.ROOT / "conf/kubernetes.yml").read_text()
        text = text.replace("- role: pod\n", "- role: pod\n        kubeconfig-file: "
                            + self.cluster.kubeconfig({"token": kube.ADMIN}) + "\n")
        text = text.replace("enabled-profiles: [cpu, mem]",
                            "enabled-profiles: [mem]\n    scrape-interval: 1s")
        self.create(pod("shop", int(port), "127.0.0.1", {
            "pyroscope.io/scrape": "true", "pyroscope.io/application-name": "shop",
            "pyroscope.io/port": port}), pod("silent", ip="127.0.0.1"))
        pyrite = self.pyrite(text)
        self.wait(lambda: pyrite.stored(job="kubernetes-pods", profile="mem"), "it is scraped")
        self.wait(lambda: pyrite.metric("pyrite_targets") == 1, "two ports are one target")
        self.cluster.patch(f"{PODS}/shop", {"metadata": {"annotations": {
            "pyroscope.io/scrape": "false"}}})
        self.wait(lambda: pyrite.metric("pyrite_targets") == 0, "the target to go")
        self.stop(pyrite)
        self.assertIn("kubernetes_pod_name", str(flow.profiles(pyrite.storage)[0]))

    # ---- live changes

    def test_changes_are_followed(self):
        found = self.discover({"role": "pod"}).synced()
        self.create(pod("live"))
        found.until(lambda g: labels(g, "pod/default/live", "pod_ip") == "10.1.2.3", "the pod")
        self.cluster.patch(f"{PODS}/live", {"metadata": {"annotations": {"a": "b"}}})
        found.until(lambda g: labels(g, "pod/default/live", "pod_annotation_a") == "b",
                    "the annotation")
        self.cluster.patch(f"{PODS}/live", {"metadata": {"annotations": {"a": None}}})
        found.until(lambda g: labels(g, "pod/default/live", "pod_annotation_a") is None,
                    "the annotation to go")
        self.cluster.delete(f"{PODS}/live")
        found.until(lambda g: "pod/default/live" not in g, "the pod to go")
        self.finish(found)

    def test_joined_objects_are_followed(self):
        self.everything()
        found = self.discover({"role": "endpoints"}).synced()
        source = "endpoints/default/web"
        self.assertEqual(labels(found.groups, source, "service_label_team"), "a")
        self.assertEqual(labels(found.groups, source, "pod_label_app"), "web-1")
        self.cluster.patch(f"{PODS}/web-1", {"metadata": {"labels": {"app": "other"}}})
        found.until(lambda g: labels(g, source, "pod_label_app") == "other", "the pod's label")
        self.cluster.delete("/api/v1/namespaces/default/services/web")
        found.until(lambda g: labels(g, source, "service_label_team") is None,
                    "the service to go")
        self.finish(found)

    def test_selectors_and_namespaces(self):
        self.create(pod("web-1"), pod("web-2", ip="10.1.2.4"))
        self.cluster.must("POST", "/api/v1/namespaces", {"metadata": {"name": "other"}})
        away = pod("away", ip="10.1.2.5")
        away["metadata"]["namespace"] = "other"
        self.cluster.create("/api/v1/namespaces/other/pods", away)
        self.addCleanup(self.cluster.delete, "/api/v1/namespaces/other/pods/away")
        for change, expected in (
                ({}, {"default/web-1", "default/web-2", "other/away"}),
                ({"namespaces": {"names": ["other"]}}, {"other/away"}),
                ({"selectors": [{"role": "pod", "label": "app in (web-2, x)"}]},
                 {"default/web-2"}),
                ({"selectors": [{"role": "pod", "field": "spec.nodeName=node-a,"
                                 "metadata.name!=web-1"}]}, {"default/web-2", "other/away"}),
                ({"selectors": [{"role": "pod", "field": "spec.nodeName=elsewhere"}]}, set())):
            with self.subTest(change):
                found = self.discover({"role": "pod", **change}).synced()
                self.assertEqual({source.removeprefix("pod/") for source in found.groups},
                                 expected)
                self.finish(found)

    # ---- beside Prometheus

    def test_same_groups_as_prometheus(self):
        if self.oracle is None:
            self.skipTest("no oracle is built: run test/go_programs.py kubernetes-oracle")
        self.everything()
        attached = {"attach_metadata": {"node": True, "namespace": True}}
        for config in ({"role": "pod"}, {"role": "pod", **attached}, {"role": "service"},
                       {"role": "endpoints", **attached}, {"role": "endpointslice", **attached},
                       {"role": "node"}, {"role": "ingress", **attached}):
            with self.subTest(config):
                with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
                    json.dump({"kubeconfig_file": self.cluster.kubeconfig(
                        {"token": kube.ADMIN}), **config}, file)
                    file.flush()
                    expected = json.loads(subprocess.run(
                        [self.oracle, "-config", file.name, "-quiet", "2s"], check=True,
                        text=True, stdout=subprocess.PIPE).stdout)
                found = self.discover(config).synced()
                self.assertEqual(self.normal(found.groups), self.normal(expected))
                self.finish(found)

    @staticmethod
    def normal(groups):
        return {source: sorted(json.dumps(target, sort_keys=True) for target in targets)
                for source, targets in groups.items() if targets}

    # ---- who asks

    def test_refusal_is_told_once_and_rights_are_noticed(self):
        self.create(pod("web-1"))
        found = self.discover({"role": "pod"}, user={"token": kube.SCRAPER})
        kube.wait(lambda: found.log, "the refusal")
        kube.wait(lambda: found.ask()["failures"] >= 3, "more refusals")
        self.assertEqual(len(found.log), 1, found.log)
        self.assertIn("RBAC does not allow to get, list and watch pods", found.log[0])
        self.assertIn('level=warn', found.log[0])
        self.cluster.must("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
            "metadata": {"name": "see-pods"}, "rules": [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]})
        self.cluster.must("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
            "metadata": {"name": "see-pods"}, "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": "see-pods"},
            "subjects": [{"kind": "User", "name": "scraper",
                          "apiGroup": "rbac.authorization.k8s.io"}]})
        found.until(lambda g: "pod/default/web-1" in g, "the pod")
        kube.wait(lambda: "works again" in found.log[-1], "that it works")
        self.assertEqual(found.ask()["error"], "")
        self.finish(found)

    def test_a_token_file_is_read_again(self):
        self.create(pod("web-1"))
        token = self.cluster.folder / "token"
        token.write_text("stale\n")
        found = self.discover({"role": "pod"}, user={"tokenFile": str(token)})
        kube.wait(lambda: found.log, "the refusal")
        self.assertIn("401 Unauthorized", found.log[0])
        token.write_text(kube.ADMIN + "\n")
        found.until(lambda g: "pod/default/web-1" in g, "the pod")
        self.finish(found)

    def test_an_api_server_with_credentials(self):
        self.create(pod("web-1"))
        token = self.cluster.folder / "bearer"
        token.write_text(kube.ADMIN)
        found = kube.Discover(self.cluster, {
            "role": "pod", "api-server": self.cluster.url + "/",
            "authorization": {"credentials-file": str(token)},
            "tls-config": {"ca-file": str(self.cluster.ca)}}, *QUICK)
        self.addCleanup(found.close)
        self.assertIn("pod/default/web-1", found.synced().groups)
        self.finish(found)

    def test_client_certificates(self):
        self.create(pod("web-1"))
        folder = self.cluster.folder
        found = self.discover({"role": "pod"}, user={
            "client-certificate": str(folder / "client.crt"),
            "client-key": str(folder / "client.key")}).synced()
        self.assertIn("pod/default/web-1", found.groups)
        self.finish(found)

    def test_certificates_as_data(self):
        def data(path):
            return kube.base64.b64encode(path.read_bytes()).decode()
        self.create(pod("web-1"))
        folder = self.cluster.folder
        config = {"role": "pod", "kubeconfig-file": self.cluster.kubeconfig(
            {"client-certificate-data": data(folder / "client.crt"),
             "client-key-data": data(folder / "client.key")},
            {"server": self.cluster.url, "certificate-authority-data": data(self.cluster.ca)})}
        found = self.discover(config).synced()
        self.assertIn("pod/default/web-1", found.groups)
        self.finish(found)

    def test_a_server_that_is_not_known_is_not_trusted(self):
        config = {"role": "pod", "kubeconfig-file": self.cluster.kubeconfig(
            {"token": kube.ADMIN}, {"server": self.cluster.url, "certificate-authority":
                                    str(self.cluster.folder / "client-ca.crt")})}
        found = self.discover(config)
        kube.wait(lambda: found.log, "the failure")
        self.assertIn("TLS", found.log[0])
        self.finish(found)

    def test_in_a_pod(self):
        self.create(pod("web-1"))
        account = self.cluster.folder / "account"
        account.mkdir()
        (account / "token").write_text(kube.ADMIN)
        (account / "namespace").write_text("default\n")
        (account / "ca.crt").write_bytes(self.cluster.ca.read_bytes())
        found = self.discover(
            {"role": "pod", "kubeconfig-file": "", "namespaces": {"own-namespace": True}},
            f"account={account}", env={"KUBERNETES_SERVICE_HOST": "127.0.0.1",
                                       "KUBERNETES_SERVICE_PORT": str(self.cluster.port)})
        found.synced()
        self.assertEqual(list(found.groups), ["pod/default/web-1"])
        self.finish(found)

    # ---- a server that goes away

    def test_a_restarted_server_loses_nothing(self):
        self.create(pod("before"))
        found = self.discover({"role": "pod"}).synced()
        told = len(found.updates)
        self.cluster.kill()
        kube.wait(lambda: found.ask()["failures"] > 0, "a failure")
        self.assertIn("pod/default/before", found.groups)
        self.cluster.start()
        self.create(pod("after", ip="10.1.2.9"))
        found.until(lambda g: "pod/default/after" in g, "what came after")
        # What is the same as before was not told again, nor taken away.
        self.assertEqual([s for s in found.updates[told:] if s == "pod/default/before"], [])
        self.finish(found)

    def test_what_the_server_forgot_is_listed_again(self):
        self.create(pod("stays"), pod("goes", ip="10.1.2.8"))
        found = self.discover({"role": "pod"}, "debug").synced()
        found.send(signal.SIGSTOP)
        # Its connection ends, and it hears nothing of what comes now.
        self.cluster.kill()
        self.cluster.start()
        self.cluster.delete(f"{PODS}/goes")
        self.create(pod("comes", ip="10.1.2.7"))
        for i in range(50):
            self.cluster.patch(f"{PODS}/stays", {"metadata": {"annotations": {"n": str(i)}}})
        # The watch cache of another server begins after all that.
        self.cluster.kill()
        self.cluster.compact()
        self.cluster.start()
        found.send(signal.SIGCONT)
        found.until(lambda g: set(g) == {"pod/default/stays", "pod/default/comes"} and
                    labels(g, "pod/default/stays", "pod_annotation_n") == "49", "the new state")
        self.assertTrue([line for line in found.log if "expired" in line], found.log)
        self.finish(found)


if __name__ == "__main__":
    unittest.main(verbosity=2)
