#!/usr/bin/env python3
"""From labels to targets: what each label that is special makes of a target, as
the targets see it and as the views tell it."""

import json
import unittest

import flow
import pprof
import server

GOROUTINES = (("goroutine", "count"),)
GOOD = pprof.encode(GOROUTINES, {("main.main",): (1,)}, GOROUTINES[0], 1)
PLAIN = "/debug/pprof/goroutine"
OWN = "/own?a=x&b=1&b=2"
JOB = """scrape-configs:
- job-name: shop
  scrape-interval: 1s
  enabled-profiles: [goroutines, own]
  profiles:
    own: {path: /own, params: {b: ['1', '2'], a: x}}
    other-kind: {path: /other}
"""

# case: (labels, what is asked of the target)
ASKED = {
    "plain": ({}, {PLAIN, OWN}),
    "port": ({"__address__": "127.0.0.1:1", "__port__": "PORT"}, {PLAIN, OWN}),
    "port_added": ({"__address__": "127.0.0.1", "__port__": "PORT"}, {PLAIN, OWN}),
    "not_enabled": ({"__profile_own_enabled": "false"}, {PLAIN}),
    "enabled": ({"__profile_other_kind_enabled": "true"}, {PLAIN, OWN, "/other"}),
    "path": ({"__profile_own_path": "/elsewhere"}, {PLAIN, "/elsewhere?a=x&b=1&b=2"}),
    "param": ({"__profile_own_param_b": "9", "__profile_own_param_c": "d e"},
              {PLAIN, "/own?a=x&b=9&b=2&c=d+e"}),
    "param_of_all": ({"__param_a": "y", "__profile_own_param_a": "z"},
                     {PLAIN + "?a=y", "/own?a=z&b=1&b=2"}),
    # The classic server took any name that begins so.
    "prefix": ({"__profile_own_paramb": "9", "__profile_own_pathx": "/y",
                "__profile_owned_path": "/z"}, {PLAIN, OWN}),
    "seconds": ({"__profile_goroutines_param_seconds": "3"}, {PLAIN + "?seconds=3", OWN}),
}

# case: (labels, URL of the first profile, interval, timeout); nobody answers there
TOLD = {
    "http": ({"__address__": "127.1.1.1"}, "http://127.1.1.1" + PLAIN, "1s", "15s"),
    "https": ({"__address__": "127.1.1.2", "__scheme__": "https"},
              "https://127.1.1.2" + PLAIN, "1s", "15s"),
    "port_of_its_own": ({"__address__": "127.1.1.3:443"}, "http://127.1.1.3:443" + PLAIN,
                        "1s", "15s"),
    "times": ({"__address__": "127.1.1.4", "__scrape_interval__": "1h",
               "__scrape_timeout__": "20s"}, "http://127.1.1.4" + PLAIN, "1h", "20s"),
    "long_seconds": ({"__address__": "127.1.1.5", "__profile_goroutines_param_seconds": "30"},
                     f"http://127.1.1.5{PLAIN}?seconds=30", "1s", "35s"),
}

# case: (labels, error)
BAD = {
    "no_name": ({"__name__": ""}, r"no application name \(__name__\): add a rule"),
    "no_address": ({"__address__": ""}, "no address"),
    "address": ({"__address__": "http://h/x"}, "is not a valid hostname"),
    "port": ({"__port__": "http"}, "the port must be a number"),
    "scheme": ({"__scheme__": "ftp"}, "invalid scheme"),
    "interval": ({"__scrape_interval__": "0s"}, "scrape interval cannot be 0"),
    "interval_text": ({"__scrape_interval__": "often"}, "error parsing scrape interval"),
    "timeout": ({"__scrape_timeout__": "x"}, "error parsing scrape timeout"),
    "seconds": ({"__profile_own_param_seconds": "20", "__scrape_timeout__": "16s"},
                "scrape timeout 16s is not longer than the 20s"),
    "enabled": ({"__profile_own_enabled": "yes"}, "expected true or false"),
    "path": ({"__profile_own_path": "heap"}, "does not begin with"),
}


class Labels(flow.FlowTest):
    def recorder(self):
        """A target that answers all, and keeps what was asked for."""
        target = server.Server({})
        target.asked = set()

        def answer(exchange):
            target.asked.add(exchange.path)
            return exchange.reply(GOOD)

        for path in (PLAIN, "/own", "/other", "/elsewhere", "/y", "/z"):
            target.routes[path] = answer
        self.addCleanup(target.close)
        return target

    def write(self, groups, name="targets.json"):
        new = self.folder / "new"
        new.write_text(json.dumps(groups))
        new.rename(self.folder / name)

    def group(self, case, labels, target=None, name="app"):
        """Special labels go through `set_` labels, which rules put in place, as
        discovery's do."""
        labels = dict(labels)
        address = labels.pop("__address__", target.address if target else "127.0.0.1:1")
        port = target.address.split(":")[1] if target else ""
        return {"application": name, "targets": [address],
                "labels": {"case": case, **{f"set_{key}": value.replace("PORT", port)
                                            for key, value in labels.items() if value}}}

    def start(self, extra=""):
        rules = ("  relabel-configs:\n"
                 "  - {action: labelmap, regex: 'set_(.*)'}\n"
                 "  - {action: labeldrop, regex: 'set_.*'}\n"
                 "  - {source-labels: [case], regex: no_name, target-label: __name__, "
                 "replacement: ''}\n"
                 "  - {source-labels: [case], regex: no_address, target-label: __address__, "
                 "replacement: ''}\n")
        return self.pyrite(JOB + rules + extra +
                           f"  file-sd-configs: [{{files: ['{self.folder}/targets.json']}}]\n")

    def active(self, pyrite):
        """The API's targets by their `case`."""
        status, body = pyrite.get("/api/v1/targets?state=active")
        self.assertEqual(status, 200)
        return {target["labels"]["case"]: target
                for target in json.loads(body)["data"]["activeTargets"]}

    def test_targets_are_asked_as_labels_say(self):
        targets = {case: self.recorder() for case in ASKED}
        self.write([self.group(case, labels, targets[case])
                    for case, (labels, _) in ASKED.items()])
        pyrite = self.start()
        for case, (_, asked) in ASKED.items():
            self.wait(lambda: targets[case].asked >= asked, f"{case} is asked", alive=pyrite)
        # A second of everything, and nothing else was asked for.
        before = pyrite.metric("pyrite_scrapes_total")
        self.wait(lambda: pyrite.metric("pyrite_scrapes_total") >= before + 2 * len(ASKED),
                  "all goes on", alive=pyrite)
        for case, (_, asked) in ASKED.items():
            self.assertEqual(targets[case].asked, asked, case)

    def test_views_tell_urls_and_times(self):
        self.write([self.group(case, told[0]) for case, told in TOLD.items()])
        pyrite = self.start()
        active = self.wait(lambda: self.active(pyrite), "there are targets", alive=pyrite)
        self.assertEqual(set(active), set(TOLD))
        for case, (_, url, interval, timeout) in TOLD.items():
            profile = active[case]["profiles"][0]
            self.assertEqual((profile["url"], profile["interval"], profile["timeout"]),
                             (url, interval, timeout), case)
            self.assertEqual(active[case]["labels"]["__name__"], "app")
            self.assertFalse([name for name in active[case]["labels"]
                              if name.startswith("__") and name != "__name__"])

    def test_a_bad_target_harms_only_itself(self):
        good = self.recorder()
        groups = [self.group(case, labels) for case, (labels, _) in BAD.items()]
        # In one group with what is bad, and after it.
        groups.append({"application": "app", "targets": ["::1", good.address, "a/b"],
                       "labels": {"case": "between"}})
        self.write(groups)
        pyrite = self.start()
        self.wait(lambda: pyrite.stored(target=good.address) > 0, "the good one is scraped",
                  alive=pyrite)
        self.assertEqual(set(self.active(pyrite)), {"between"})
        for number, (case, (_, error)) in enumerate(BAD.items()):
            self.assertTrue(pyrite.find(
                rf'msg="target left out" job=shop group=\S*targets.json:{number} .*{error}'), case)
        self.assertEqual(len(pyrite.find('msg="target left out"')), len(BAD) + 2)

    def test_what_is_the_same_is_one_target(self):
        target = self.recorder()
        port = target.address.split(":")[1]
        groups = [self.group("one", {"__meta_pod_container": "a"}, target),
                  self.group("one", {"__meta_pod_container": "b"}, target),
                  self.group("one", {"__address__": f"127.0.0.1:{port}"}),
                  # Two ports of a pod that a rule makes one.
                  self.group("one", {"__address__": "127.0.0.1:8080", "__port__": port}),
                  self.group("one", {"__address__": "127.0.0.1:8443", "__port__": port}),
                  self.group("other", {}, target)]
        self.write(groups)
        pyrite = self.start()
        self.wait(lambda: pyrite.metric("pyrite_targets") > 0, "targets are there", alive=pyrite)
        self.assertEqual(pyrite.metric("pyrite_targets"), 2)
        self.wait(lambda: target.requests[PLAIN] >= 2, "it is asked", alive=pyrite)
        first = self.active(pyrite)["one"]
        self.wait(lambda: pyrite.stored(profile="own") >= 2, "it is stored", alive=pyrite)
        self.write(groups[4:])  # one of those that became it is enough
        self.wait(lambda: len(pyrite.find("targets.json")) == 0 and
                  pyrite.metric("pyrite_discovery_updates_total") > 6, "it is read", alive=pyrite)
        again = self.active(pyrite)["one"]
        self.assertEqual(pyrite.metric("pyrite_targets"), 2)
        self.assertGreaterEqual(again["profiles"][0]["scrapes"], first["profiles"][0]["scrapes"])

    def test_shards_share_all_targets(self):
        count, shards = 30, 3
        self.write([{"application": "app", "targets": [f"127.1.1.{i}:1" for i in range(count)]}])
        jobs = [f"- job-name: shard-{shard}\n  scrape-interval: 1h\n"
                "  enabled-profiles: [goroutines]\n"
                f"  file-sd-configs: [{{files: ['{self.folder}/targets.json']}}]\n"
                "  relabel-configs:\n"
                f"  - {{source-labels: [__address__], modulus: {shards}, action: hashmod, "
                "target-label: __tmp_shard}\n"
                f"  - {{source-labels: [__tmp_shard], regex: '{shard}', action: keep}}\n"
                for shard in range(shards)]
        pyrite = self.pyrite("scrape-configs:\n" + "".join(jobs))
        self.wait(lambda: pyrite.metric("pyrite_targets") == count, "all are there", alive=pyrite)
        for shard in range(shards):
            self.assertGreater(pyrite.metric("pyrite_targets", job=f"shard-{shard}"), 0)

    def test_limits_count_targets_as_down(self):
        limits = {"target-limit: 1": "target-limit", "label-limit: 4": "label-limit",
                  "label-name-length-limit: 8": "label-name-length-limit",
                  "label-value-length-limit: 20": "label-value-length-limit"}
        target = self.recorder()
        self.write([self.group("one", {}, target),
                    self.group("two", {"a_long_name": "a value that is too long for it"}, target)])
        for limit, name in limits.items():
            pyrite = self.start(f"  {limit}\n")
            self.wait(lambda: any(case == "two" and name in target["lastError"]
                                  for case, target in self.active(pyrite).items()),
                      f"{limit} is said", alive=pyrite)
            self.assertEqual(len(self.active(pyrite)), 2)
            self.stop(pyrite)


if __name__ == "__main__":
    unittest.main()
