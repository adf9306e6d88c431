#!/usr/bin/env python3
"""Has Prometheus' own discovery say what the cases should come to.

  expect.py ORACLE    (built from oracle/: see kubernetes/README.md)

Serves objects.json as an API server does, runs ORACLE with the configuration
of each of cases/*.json, and writes what it found into the case's `groups`.
"""

import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

FOLDER = pathlib.Path(__file__).resolve().parent
KINDS = {"pods": "Pod", "services": "Service", "endpoints": "Endpoints", "nodes": "Node",
         "endpointslices": "EndpointSlice", "ingresses": "Ingress", "jobs": "Job",
         "namespaces": "Namespace", "replicasets": "ReplicaSet"}


class Server(http.server.BaseHTTPRequestHandler):
    objects = {}

    def log_message(self, *_):
        pass

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        group, version, resource = url.path.rsplit("/", 2)
        prefix = "" if group == "/api" else group.removeprefix("/apis/") + "/"
        if "sendInitialEvents" in query:
            self.answer(422, {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                              "reason": "Invalid", "code": 422, "message": "lists only"})
        elif "watch" in query:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            time.sleep(60)
        else:
            kind, api_version = KINDS[resource], prefix + version
            items = [{"kind": kind, "apiVersion": api_version, **item}
                     for item in self.objects[resource]]
            self.answer(200, {"kind": kind + "List", "apiVersion": api_version,
                              "metadata": {"resourceVersion": "9"}, "items": items})


def main():
    oracle = sys.argv[1]
    Server.objects = json.loads((FOLDER / "objects.json").read_text())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for path in sorted(FOLDER.glob("cases/*.json")):
        case = json.loads(path.read_text())
        config = {"api_server": f"http://127.0.0.1:{server.server_port}", **case["config"]}
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump(config, file)
            file.flush()
            found = subprocess.run([oracle, "-config", file.name], check=True, text=True,
                                   stdout=subprocess.PIPE).stdout
        case["groups"] = {source: sorted(targets, key=lambda t: json.dumps(t, sort_keys=True))
                          for source, targets in sorted(json.loads(found).items())}
        path.write_text(json.dumps(case, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        print(f"{path.name}: {len(case['groups'])} groups, "
              f"{sum(map(len, case['groups'].values()))} targets")


main()
