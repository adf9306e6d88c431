#!/usr/bin/env python3
"""A 20-rule list for Kubernetes on 10,000 pods: our CPU time and Prometheus'.

The rules and the shape of the labels are those of Prometheus' own benchmark.
The programs are those that the tests compare with each other; with `--runs N`
the best of N is shown.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test"))
import go_toolchain  # noqa: E402

POD = "__meta_kubernetes_pod_"
ANNOTATION = POD + "annotation_prometheus_io_"


def rule(sources=None, **keys):
    if sources is not None:
        keys["source_labels"] = sources
    return keys


RULES = [
    rule([POD + "container_port_name"], regex=".*-metrics", action="keep"),
    rule([POD + "label_name"], regex="", action="drop"),
    rule([POD + "phase"], regex="Succeeded|Failed", action="drop"),
    rule([ANNOTATION + "scrape"], regex="false", action="drop"),
    rule([ANNOTATION + "scheme"], regex="(https?)", target_label="__scheme__"),
    rule([ANNOTATION + "path"], regex="(.+)", target_label="__metrics_path__"),
    rule(["__address__", ANNOTATION + "port"], regex="(.+?)(\\:\\d+)?;(\\d+)",
         replacement="$1:$3", target_label="__address__"),
    rule(regex=ANNOTATION + "param_(.+)", replacement="__param_$1", action="labelmap"),
    rule(regex=POD + "label_prometheus_io_label_(.+)", action="labelmap"),
    rule(regex=ANNOTATION + "label_(.+)", action="labelmap"),
    rule(["__meta_kubernetes_namespace", POD + "label_name"], separator="/",
         target_label="job"),
    rule(["__meta_kubernetes_namespace"], target_label="namespace"),
    rule([POD + "name"], target_label="pod"),
    rule([POD + "container_name"], target_label="container"),
    rule([POD + "name", POD + "container_name", POD + "container_port_name"],
         separator=":", target_label="instance"),
    rule(target_label="cluster", replacement="dev-us-central-0"),
    rule(["__meta_kubernetes_namespace"], regex="hosted-grafana", action="drop"),
    rule(["__address__"], target_label="__tmp_hash", modulus="3", action="hashmod"),
    rule(["__tmp_hash"], regex="^0$", action="keep"),
    rule(regex="__tmp_hash", action="labeldrop"),
]


def pod(number):
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    name = f"promtail-loki-boltdb-shipper-{number:05d}"
    labels = {
        "__address__": f"{address}:80",
        "__meta_kubernetes_namespace": f"loki-{number % 17}",
        POD + "annotation_promtail_loki_boltdb_shipper_hash": f"50523b9759094a144adce{number:011d}",
        POD + "annotationpresent_promtail_loki_boltdb_shipper_hash": "true",
        POD + "container_init": "false",
        POD + "container_name": "promtail",
        POD + "container_port_name": "http-metrics",
        POD + "container_port_number": "80",
        POD + "container_port_protocol": "TCP",
        POD + "controller_kind": "DaemonSet",
        POD + "controller_name": "promtail-loki-boltdb-shipper",
        POD + "host_ip": "10.128.0.178",
        POD + "ip": address,
        POD + "label_controller_revision_hash": "555b77cd7d",
        POD + "label_name": "promtail-loki-boltdb-shipper",
        POD + "label_pod_template_generation": "45",
        POD + "labelpresent_controller_revision_hash": "true",
        POD + "labelpresent_name": "true",
        POD + "labelpresent_pod_template_generation": "true",
        POD + "name": name,
        POD + "node_name": f"gke-dev-us-central-0-main-n2s8-2-14d53341-{number % 500}",
        POD + "phase": "Running",
        POD + "ready": "true",
        POD + "uid": f"4c586419-7f6c-448d-aeec-{number:012d}",
        "__metrics_path__": "/metrics",
        "__scheme__": "http",
        "__scrape_interval__": "15s",
        "__scrape_timeout__": "10s",
        "job": "kubernetes-pods",
    }
    if number % 2 == 0:
        labels[ANNOTATION + "port"] = "6060"
        labels[ANNOTATION + "param_seconds"] = "10"
    return list(labels.items())


def run(program, text, runs):
    """The best of the runs: (milliseconds, what it said)."""
    outputs = [subprocess.run([program, "bench"], input=text, text=True, check=True,
                              capture_output=True).stdout.strip() for _ in range(runs)]
    return min((float(re.match(r"[0-9.]+", output).group()), output) for output in outputs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=10000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    given = parser.parse_args()
    oracle = given.build / "test" / "relabel_oracle"
    go_toolchain.build(ROOT / "test" / "relabel" / "oracle", oracle)
    text = json.dumps({"rules": RULES, "targets": [pod(i) for i in range(given.targets)]})
    ours = run(given.build / "test" / "relabel_tool", text, given.runs)
    theirs = run(oracle, text, given.runs)
    print(f"pyrite:     {ours[1]}\nprometheus: {theirs[1]}\n"
          f"ratio:      {ours[0] / theirs[0]:.2f}")
    if ours[1].split("CPU")[1] != theirs[1].split("CPU")[1]:
        sys.exit("they do not keep the same")


if __name__ == "__main__":
    main()
