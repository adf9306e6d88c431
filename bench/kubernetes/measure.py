#!/usr/bin/env python3
"""What discovery of Kubernetes' pods costs, on a real API server: measure.py [PODS]

Creates pods as pods.py has them, then has Pyrite's discoverer and Prometheus'
own (where it is built) read them; then changes pods and asks what that cost.
"""

import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test" / "kubernetes"), str(ROOT / "bench" / "kubernetes")]
os.environ.setdefault("PYRITE_KUBERNETES_DISCOVER",
                      str(ROOT / "build/release/test/kubernetes_discover"))
import cluster as kube  # noqa: E402
import go_programs  # noqa: E402
import pods  # noqa: E402

CHANGES = 2000


def fill(cluster, count):
    connection = cluster.connect()
    for i in range(20):
        cluster.must("POST", "/api/v1/namespaces", {"metadata": {"name": f"team-{i}"}},
                     connection=connection)
    for i in range(count):
        document = {"apiVersion": "v1", "kind": "Pod", **pods.pod(i)}
        for key in ("uid", "resourceVersion", "managedFields", "creationTimestamp"):
            del document["metadata"][key]
        document["status"]["hostIPs"] = [{"ip": document["status"]["hostIP"]}]
        cluster.create(f"/api/v1/namespaces/{document['metadata']['namespace']}/pods",
                       document, connection=connection)
    connection.close()


def change(cluster, count):
    """An annotation of each of so many pods, and a heartbeat, which says nothing."""
    connection = cluster.connect()
    kind = {"content_type": "application/merge-patch+json", "connection": connection}
    for i in range(CHANGES):
        meta = pods.pod(i % count)["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        cluster.must("PATCH", path, {"metadata": {"annotations": {"n": str(i)}}}, **kind)
        cluster.must("PATCH", path + "/status", {"status": {"startTime": time.strftime(
            "%Y-%m-%dT%H:%M:%SZ", time.gmtime(1e9 + i))}}, **kind)
    connection.close()


def ours(cluster, config, count):
    found = kube.Discover(cluster, {"kubeconfig-file": cluster.kubeconfig(
        {"token": kube.ADMIN}), **config}, "quiet").synced()
    first = found.stats[0]
    print(f"pyrite      {first['groups']} groups, {first['targets']} targets: "
          f"CPU {first['cpu_s']:.2f} s, cache {first['bytes'] / 1e6:.1f} MB "
          f"({first['bytes'] / count:.0f} bytes a pod), "
          f"resident {first['resident_kib'] / 1024:.1f} MiB, "
          f"peak {first['peak_kib'] / 1024:.1f} MiB")
    change(cluster, count)
    kube.wait(lambda: found.ask()["groups"] >= first["groups"] + CHANGES, "the changes")
    last = found.ask()
    print(f"            {CHANGES} changes and {CHANGES} heartbeats: "
          f"{last['groups'] - first['groups']} groups told, "
          f"CPU {1e6 * (last['cpu_s'] - first['cpu_s']) / CHANGES / 2:.0f} us an event, "
          f"resident {last['resident_kib'] / 1024:.1f} MiB")
    found.end()
    found.close()


def theirs(cluster, config):
    oracle = go_programs.find("kubernetes-oracle")
    if oracle is None:
        print("prometheus  not built: test/go_programs.py kubernetes-oracle")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"kubeconfig_file": cluster.kubeconfig({"token": kube.ADMIN}), **config}, file)
        file.flush()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([oracle, "-config", file.name, "-quiet", "5s", "-count"],
                              check=True, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = re.search(r"groups=(\d+) peak_kib=(\d+) resident_kib=(\d+)", done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"prometheus  {said[1]} groups: CPU {cpu:.2f} s, "
          f"resident {int(said[3]) / 1024:.1f} MiB, peak {int(said[2]) / 1024:.1f} MiB")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    cluster = kube.Cluster()
    try:
        fill(cluster, count)
        size = len(cluster.ask("GET", "/api/v1/pods?resourceVersion=0")[1])
        print(f"{count} pods, {size / 1e6:.1f} MB of JSON")
        ours(cluster, {"role": "pod"}, count)
        theirs(cluster, {"role": "pod"})
    finally:
        cluster.close()


main()
