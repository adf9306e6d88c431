#!/usr/bin/env python3
"""A list of pods as an API server sends it: pods.py COUNT >pods.json

The shape and size are those of an ordinary deployment's pods: two containers,
an init container, probes, volumes, managed fields of three managers.
"""

import json
import sys


def probe(path):
    return {"httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
            "initialDelaySeconds": 5, "timeoutSeconds": 1, "periodSeconds": 10,
            "successThreshold": 1, "failureThreshold": 3}


def container(name, image, ports):
    return {
        "name": name, "image": image,
        "args": ["--config=/etc/app/config.yaml", "--log.level=info"],
        "ports": [{"name": n, "containerPort": p, "protocol": "TCP"} for n, p in ports],
        "env": [{"name": "POD_NAME", "valueFrom": {"fieldRef": {
                    "apiVersion": "v1", "fieldPath": "metadata.name"}}},
                {"name": "GOMEMLIMIT", "value": "400MiB"},
                {"name": "JAEGER_AGENT_HOST", "value": "jaeger-agent.tracing.svc"}],
        "resources": {"limits": {"cpu": "2", "memory": "512Mi"},
                      "requests": {"cpu": "250m", "memory": "256Mi"}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/app"},
                         {"name": "kube-api-access-x7k2p", "readOnly": True,
                          "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
        "livenessProbe": probe("/healthz"), "readinessProbe": probe("/ready"),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"}


def status(name, image, n):
    return {"name": name, "state": {"running": {"startedAt": "2026-11-20T10:11:12Z"}},
            "lastState": {}, "ready": True, "restartCount": 0, "image": image,
            "imageID": f"registry.example.com/{name}@sha256:{n:064x}",
            "containerID": f"containerd://{n:064x}", "started": True}


def managed(manager, labels):
    fields = {"f:metadata": {"f:labels": {".": {}, **{f"f:{k}": {} for k in labels}}},
              "f:spec": {"f:containers": {'k:{"name":"app"}': {
                  ".": {}, "f:args": {}, "f:env": {".": {}, 'k:{"name":"POD_NAME"}': {".": {}}},
                  "f:image": {}, "f:imagePullPolicy": {}, "f:livenessProbe": {".": {}},
                  "f:name": {}, "f:ports": {".": {}}, "f:resources": {".": {}}}}},
              "f:status": {"f:conditions": {'k:{"type":"Ready"}': {
                  ".": {}, "f:lastProbeTime": {}, "f:status": {}, "f:type": {}}},
                  "f:containerStatuses": {}, "f:hostIP": {}, "f:phase": {}, "f:podIP": {}}}
    return {"manager": manager, "operation": "Update", "apiVersion": "v1",
            "time": "2026-11-20T10:11:12Z", "fieldsType": "FieldsV1", "fieldsV1": fields}


def pod(i):
    app = f"service-{i // 10:03}"
    ip = f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"
    labels = {"app.kubernetes.io/name": app, "app.kubernetes.io/instance": f"{app}-prod",
              "app.kubernetes.io/version": "1.24.3", "app.kubernetes.io/part-of": "shop",
              "pod-template-hash": "7d9f8b6c5d", "team": "checkout", "tier": "backend"}
    annotations = {"profiles.grafana.com/cpu.scrape": "true", "prometheus.io/port": "6060",
                   "prometheus.io/scrape": "true", "checksum/config": f"{i:064x}",
                   "kubectl.kubernetes.io/restartedAt": "2026-11-20T10:11:12Z"}
    names = [("app", f"registry.example.com/shop/{app}:1.24.3", [("http", 8080), ("pprof", 6060)]),
             ("proxy", "registry.example.com/mesh/proxy:2.1.0", [("admin", 9901)])]
    init = ("migrate", f"registry.example.com/shop/{app}-migrate:1.24.3", [])
    return {
        "metadata": {
            "name": f"{app}-7d9f8b6c5d-{i:05x}", "generateName": f"{app}-7d9f8b6c5d-",
            "namespace": f"team-{i % 20}", "uid": f"{i:08x}-1111-4222-8333-444455556666",
            "resourceVersion": str(1000000 + i), "creationTimestamp": "2026-11-20T10:11:00Z",
            "labels": labels, "annotations": annotations,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet",
                                 "name": f"{app}-7d9f8b6c5d", "uid": f"{i:08x}-aaaa-4222-8333-000000000000",
                                 "controller": True, "blockOwnerDeletion": True}],
            "managedFields": [managed(m, labels) for m in
                              ("kube-controller-manager", "kubelet", "multus")]},
        "spec": {
            "volumes": [{"name": "config", "configMap": {"name": f"{app}-config", "defaultMode": 420}},
                        {"name": "kube-api-access-x7k2p", "projected": {"sources": [
                            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                            {"configMap": {"name": "kube-root-ca.crt", "items": [
                                {"key": "ca.crt", "path": "ca.crt"}]}}], "defaultMode": 420}}],
            "initContainers": [{key: value for key, value in container(*init).items()
                                if not key.endswith("Probe")}],
            "containers": [container(*c) for c in names],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst", "serviceAccountName": app,
            "nodeName": f"node-{i % 100:03}.example.com", "securityContext": {},
            "schedulerName": "default-scheduler", "priority": 0, "enableServiceLinks": True,
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists",
                             "effect": "NoExecute", "tolerationSeconds": 300}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": t, "status": "True", "lastProbeTime": None,
                            "lastTransitionTime": "2026-11-20T10:11:12Z"}
                           for t in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
            "hostIP": f"192.168.0.{i % 100}", "podIP": ip, "podIPs": [{"ip": ip}],
            "startTime": "2026-11-20T10:11:00Z",
            "initContainerStatuses": [status(*init[:2], i)],
            "containerStatuses": [status(*c[:2], i) for c in names], "qosClass": "Burstable"}}


def main():
    count = int(sys.argv[1])
    out = sys.stdout
    out.write('{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"2000000"},"items":[')
    for i in range(count):
        out.write("," if i else "")
        json.dump(pod(i), out, separators=(",", ":"))
    out.write("]}\n")


if __name__ == "__main__":
    main()
