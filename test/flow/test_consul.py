#!/usr/bin/env python3
"""consul-sd-configs on a real agent that asks for tokens: services, their health and
their tags make targets and take them; an agent that is away, or that has forgotten
who may ask, takes none."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "consul"))
import consul_agent  # noqa: E402
import flow  # noqa: E402

CONFIG = """
scrape-configs:
  - job-name: services
    scrape-interval: 1s
    enabled-profiles: [goroutines]
    consul-sd-configs:
      - server: {server}
        token: {token}
        tags: [profiled]
        refresh-interval: 1s
    relabel-configs:
      - {{source-labels: [__meta_consul_service_id], target-label: __name__}}
      - {{source-labels: [__meta_consul_health], regex: critical, action: drop}}
      - {{action: labelmap, regex: __meta_consul_(dc|node|tags|health|metadata_rack)}}
      - {{action: labelmap, regex: __meta_consul_service_metadata_(team)}}
"""


class Consul(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.agent = consul_agent.Agent(
            lambda command: self.watch(flow.Program(command)), self.wait, self.folder)
        self.agent.admit_reader()

    def start(self, token=consul_agent.READER):
        return self.pyrite(CONFIG.format(server=self.agent.address, token=token))

    def labels(self, pyrite):
        """{name: labels}"""
        document = flow.json.loads(pyrite.get("/api/v1/targets?state=active")[1])
        return {target["labels"]["__name__"]: target["labels"]
                for target in document["data"]["activeTargets"]}

    def until(self, pyrite, *names):
        self.wait(lambda: set(self.labels(pyrite)) == set(names), f"the targets are {names}")

    def until_stored(self, pyrite, name):
        before = pyrite.stored(target=name)
        self.wait(lambda: pyrite.stored(target=name) > before, f"{name} is scraped")

    def queries(self):
        """The indices behind which the instances were waited for."""
        return [int(index) for index in re.findall(
            r"method=GET url=\"?/v1/health/service/shop\?\S*?\bindex=(\d+)", self.agent.process.text())]

    def test_services_come_and_go(self):
        program = self.go_target().address()
        self.agent.register("first", program)
        pyrite = self.start()
        self.until(pyrite, "first")
        labels = self.labels(pyrite)["first"]
        self.assertEqual({name: labels[name] for name in
                          ("dc", "node", "tags", "health", "metadata_rack", "team", "instance")},
                         {"dc": "test-dc", "node": "node-a", "tags": ",profiled,",
                          "health": "passing", "metadata_rack": "r1", "team": "a",
                          "instance": program})
        self.wait(lambda: pyrite.stored(job="services"), "it is scraped")
        self.agent.register("second", self.go_target().address())
        self.agent.register("of_others", program, tags=())
        self.agent.register("api", program, service="api")
        self.until(pyrite, "first", "second", "api")
        self.agent.health("second", "warn")
        self.wait(lambda: self.labels(pyrite)["second"]["health"] == "warning", "it warns")
        self.agent.health("second", "fail")
        self.until(pyrite, "first", "api")
        self.agent.health("second", "pass")
        self.until(pyrite, "first", "second", "api")
        self.agent.register("second", program, tags=("other",))
        self.until(pyrite, "first", "api")
        self.agent.register("of_others", program, tags=("blue", "profiled"))
        self.until(pyrite, "first", "of_others", "api")
        self.assertEqual(self.labels(pyrite)["of_others"]["tags"], ",blue,profiled,")
        self.agent.deregister("api")
        self.agent.deregister("of_others")
        self.until(pyrite, "first")
        # Each answer was waited for behind the one before.
        indices = self.queries()
        self.assertGreater(len(set(indices)), 3)
        self.assertEqual(indices, sorted(indices))
        self.assertFalse(pyrite.find("discovery failed"))

    def test_the_agent_is_away(self):
        program = self.go_target().address()
        self.agent.register("first", program)
        pyrite = self.start()
        self.until(pyrite, "first")
        self.agent.kill()
        self.wait(lambda: pyrite.find("discovery failed.*mechanism=consul"), "that is told")
        self.until_stays(pyrite)
        self.agent.start()
        self.agent.register("second", program)
        self.wait(lambda: pyrite.find("discovery works again.*mechanism=consul"), "it is back")
        self.until(pyrite, "first", "second")

    def until_stays(self, pyrite):
        """Its targets are there and scraped, while nobody says so."""
        scrapes = pyrite.stored(job="services")
        self.wait(lambda: pyrite.stored(job="services") > scrapes, "they are scraped all the same")
        self.assertIn("first", self.labels(pyrite))

    def test_an_agent_made_anew(self):
        """It knows neither who may ask nor any service, and counts from the
        beginning."""
        program = self.go_target().address()
        for number in range(20):
            self.agent.register("first", program, tags=("profiled", f"v{number}"))
        pyrite = self.start()
        self.until(pyrite, "first")
        self.agent.kill()
        self.agent.forget()
        self.agent.start()
        self.agent.register("second", program)
        self.wait(lambda: pyrite.find("discovery failed.*403"), "it is refused")
        self.until_stays(pyrite)
        self.agent.admit_reader()
        self.until(pyrite, "second")
        self.agent.register("third", program)
        self.until(pyrite, "second", "third")

    def test_without_a_token(self):
        self.agent.register("first", self.go_target().address())
        pyrite = self.start(token="6d3fb1a4-0000-4000-8000-00000000000c")
        line = self.wait(lambda: pyrite.find("discovery failed.*mechanism=consul"), "it is told")[0]
        self.assertRegex(line, r"the agent: .*403")
        self.assertEqual(self.labels(pyrite), {})


if __name__ == "__main__":
    flow.unittest.main()
