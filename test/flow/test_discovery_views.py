#!/usr/bin/env python3
"""What was found, what became of it and why, in every view."""

import json
import subprocess
import unittest
import urllib.parse

import flow
import server

TARGETS = """\
- {application: a, targets: ['127.0.0.1:1', '127.0.0.1:2'], labels: {zone: a}}
- {targets: ['127.0.0.1:3'], labels: {zone: a}}
- {application: c, targets: ['127.0.0.1:4', '127.0.0.1:5', '127.0.0.1:6'], labels: {zone: drop}}
"""
CONFIG = """\
scrape-configs:
- job-name: shop
  enabled-profiles: [mem]
  scrape-interval: 1h
  keep-dropped-targets: 2
  file-sd-configs: [{files: [targets.yml]}]
  relabel-configs:
  - {source-labels: [zone], regex: drop, action: drop}
  - source-labels: [__address__]
    regex: '.*:(.*)'
    target-label: port
  - {regex: zone, action: labeldrop}
- job-name: also
  enabled-profiles: [mem]
  scrape-interval: 1h
  static-configs: [{application: b, targets: ['127.0.0.1:7']}]
"""


class DiscoveryViews(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "pyrite.yml"
        self.path.write_text(CONFIG)
        (self.folder / "targets.yml").write_text(TARGETS)

    def start(self):
        pyrite = self.pyrite(arguments=["--config", str(self.path)])
        self.wait(lambda: pyrite.address() and
                  pyrite.metric("pyrite_discovery_targets", mechanism="file") == 6,
                  "the file is read", alive=pyrite)
        return pyrite

    def command(self, *words):
        done = subprocess.run([flow.PYRITE, *map(str, words)], capture_output=True,
                              text=True, check=False, timeout=flow.PATIENCE)
        return done.returncode, done.stdout, done.stderr

    def data(self, pyrite, path):
        status, body = pyrite.get(path)
        self.assertEqual(status, 200, body)
        answer = json.loads(body)
        self.assertEqual(answer["status"], "success")
        return answer["data"]

    def test_api(self):
        pyrite = self.start()
        self.assertEqual(self.data(pyrite, "/api/v1/scrape_pools"),
                         {"scrapePools": ["also", "shop"]})
        data = self.data(pyrite, "/api/v1/targets")
        self.assertEqual([entry["scrapePool"] for entry in data["activeTargets"]],
                         ["also", "shop", "shop"])
        self.assertEqual(list(data["droppedTargetCounts"]), ["also", "shop"])
        self.assertEqual(data["droppedTargetCounts"], {"shop": 3, "also": 0})
        self.assertEqual([entry["droppedBy"] for entry in data["droppedTargets"]],
                         [f"{self.path}:8:5: drop"] * 2)  # keep-dropped-targets
        self.assertEqual(data["droppedTargets"][0]["discoveredLabels"]["zone"], "drop")
        self.assertEqual(len(data["badTargets"]), 1)
        self.assertIn("add a rule to relabel-configs", data["badTargets"][0]["error"])
        self.assertEqual(pyrite.metric("pyrite_targets_dropped", job="shop"), 3)
        self.assertEqual(pyrite.metric("pyrite_targets_bad", job="shop"), 1)
        self.assertEqual(pyrite.metric("pyrite_discovery_targets", mechanism="static"), 1)

        labels = data["activeTargets"][1]["discoveredLabels"]
        steps = self.data(pyrite, "/api/v1/targets/relabel_steps?" + urllib.parse.urlencode(
            {"scrapePool": "shop", "labels": json.dumps(labels)}))["steps"]
        self.assertEqual([step["keep"] for step in steps], [True] * 3)
        self.assertEqual(steps[1]["rule"],
                         {"source_labels": ["__address__"], "separator": ";",
                          "regex": ".*:(.*)", "target_label": "port",
                          "replacement": "$1", "action": "replace"})
        self.assertEqual(steps[1]["output"], {**labels, "port": "1"})
        self.assertNotIn("zone", steps[2]["output"])
        self.assertEqual((steps[2]["file"], steps[2]["line"]), (str(self.path), 12))
        self.stop(pyrite)

    def test_page_and_targets_command(self):
        pyrite = self.start()
        status, body = pyrite.get("/service-discovery?job=shop&state=dropped")
        self.assertEqual(status, 200)
        self.assertEqual(body.count(b"<details"), 2)
        self.assertIn(f"{self.path}:8:5".encode(), body)
        code, out, err = self.command("targets", "--dropped", "--address", pyrite.address())
        self.assertEqual(code, 0, err)
        self.assertIn(f"job shop: dropped by {self.path}:8:5: drop", out)
        self.assertIn("3 dropped, 1 that cannot be targets\n2 of the dropped", out)
        self.stop(pyrite)

    def test_check_discover(self):
        code, out, err = self.command("check", "--discover", "60s", self.path)
        self.assertEqual(code, 1, err)  # one that cannot be a target
        self.assertIn("add a rule to relabel-configs", out)
        self.assertEqual(out.count(f"dropped by {self.path}:8:5: drop"), 2)
        self.assertIn("-> +port=\"1\"", out)
        self.assertIn("-> -zone", out)
        self.assertIn("http://127.0.0.1:7/debug/pprof/heap", out)
        self.assertTrue(out.endswith("3 targets, 2 dropped, 1 that cannot be targets\n"), out)
        (self.folder / "targets.yml").write_text(TARGETS.replace("- {targets", "- {application: x, targets"))
        code, out, err = self.command("check", "--discover", "60s", self.path)
        self.assertEqual((code, err), (0, ""), out)
        self.assertNotIn("found nothing", out)
        (self.folder / "targets.yml").unlink()
        code, out, err = self.command("check", "--discover", "60s", self.path)
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn('job "shop"\n  file-sd-configs found nothing\n1 targets', out)

    def test_check_discover_of_what_never_answers(self):
        silent = server.Server({"/": lambda exchange: silent.hang(exchange)})
        self.addCleanup(silent.close)
        self.path.write_text("scrape-configs:\n- job-name: far\n  enabled-profiles: [mem]\n"
                             f"  http-sd-configs: [{{url: 'http://{silent.address}/'}}]\n")
        code, out, err = self.command("check", "--discover", "500ms", self.path)
        self.assertEqual(code, 1, out)
        self.assertIn("not all was found in that time", err)
        self.assertIn("0 targets, 0 dropped", out)

    def test_check_labels(self):
        code, out, err = self.command("check", "--labels", '__address__="h:9",zone="a",'
                                      "__name__='app'", self.path, "shop")
        self.assertEqual(code, 0, err)
        self.assertIn("target h:9 as app", out)
        self.assertIn("-> +port=\"9\"", out)
        code, out, err = self.command("check", "--labels", '__address__="h:9",__name__="app",'
                                      'zone="a",name="\x9b2J\u202e\x1b"', self.path, "shop")
        self.assertEqual(code, 0, err)
        self.assertIn(r'name="\u009b2J\u202e\u001b"', out)
        code, out, err = self.command("check", "--labels", '{zone="drop"}', self.path, "shop")
        self.assertEqual(code, 0, err)
        self.assertIn(f"dropped by {self.path}:8:5: drop", out)
        code, out, err = self.command("check", "--labels", "", self.path, "shop")
        self.assertEqual(code, 1, err)
        self.assertIn("no target: no address", out)
        code, out, err = self.command("check", "--labels", "", self.path, "shopp")
        self.assertEqual(code, 1, out)
        self.assertIn('there is no job "shopp"', err)
        code, out, err = self.command("check", "--labels", "", self.folder / "no.yml", "shop")
        self.assertEqual(code, 1, out)
        self.assertIn("no.yml", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
