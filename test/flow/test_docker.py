#!/usr/bin/env python3
"""docker-sd-configs on a real Docker daemon: containers become targets that are
scraped, and go with them; a daemon that is silent takes none away."""

import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "docker"))
import daemon  # noqa: E402
import flow  # noqa: E402

CONFIG = """
scrape-configs:
  - job-name: containers
    scrape-interval: 1s
    enabled-profiles: [goroutines]
    docker-sd-configs:
      - host: unix://{socket}
        refresh-interval: 1s
        filters: [{{name: label, values: [scrape=yes]}}]
    relabel-configs:
      - source-labels: [__meta_docker_container_name]
        regex: /(.+)
        target-label: __name__
      - action: labelmap
        regex: __meta_docker_(container_label_scrape|network_name|port_private)
"""


def static_target(folder):
    """The Go program that serves profiles, with all that it needs in it."""
    path = folder / "program"
    go = flow.tools.need("go")
    done = flow.tools.run(
        go, "build", "-o", path, "./target", cwd=flow.tools.ROOT / "test/go",
        env=dict(os.environ, CGO_ENABLED="0", GOTOOLCHAIN="local",
                 GOFLAGS="-mod=readonly -buildvcs=false"))
    assert done.returncode == 0, done.stderr
    return path


class Docker(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.daemon = daemon.Daemon(lambda command: self.watch(flow.Program(command)),
                                    self.folder)
        self.addCleanup(self.daemon.close)
        self.daemon.image("target", static_target(self.folder))
        self.daemon.network("front", "10.91.0.0/24")

    def container(self, name, mode="front", **kwargs):
        return self.daemon.run(name, "target", "-listen", "0.0.0.0:6060", ports=[6060],
                               mode=mode, labels={"scrape": "yes"}, **kwargs)

    def targets(self, pyrite):
        """{name: health}"""
        document = flow.json.loads(pyrite.get("/api/v1/targets?state=active")[1])
        return {target["labels"]["__name__"]: target["health"]
                for target in document["data"]["activeTargets"]}

    def test_containers_are_scraped(self):
        first = self.container("first")
        pyrite = self.pyrite(CONFIG.format(socket=self.daemon.socket))
        self.wait(lambda: self.targets(pyrite) == {"first": "up"}, "the first is scraped")
        self.wait(lambda: pyrite.stored(job="containers"), "its profile is stored")
        self.container("second")
        self.daemon.run("other", "target", "-listen", "0.0.0.0:6060", mode="front")
        self.wait(lambda: self.targets(pyrite) == {"first": "up", "second": "up"},
                  "the second is, too, and what has no label is not")
        # It shares the network of the second, where the port is taken: down.
        self.daemon.run("shared", "target", "-listen", "0.0.0.0:6061", mode="container:second",
                        labels={"scrape": "yes"})
        self.wait(lambda: set(self.targets(pyrite)) == {"first", "second", "shared"},
                  "one that shares a network is found")
        self.daemon.remove(first)
        self.wait(lambda: set(self.targets(pyrite)) == {"second", "shared"}, "the first is gone")
        # The daemon is silent, and what it has found stays.
        self.addCleanup(self.daemon.process.send, signal.SIGCONT)
        self.daemon.process.send(signal.SIGSTOP)
        self.wait(lambda: pyrite.find("discovery failed.*mechanism=docker"), "that is told")
        self.assertEqual(set(self.targets(pyrite)), {"second", "shared"})
        self.daemon.process.send(signal.SIGCONT)
        self.wait(lambda: pyrite.find("discovery works again.*mechanism=docker"), "it answers")
        self.container("third")
        self.wait(lambda: self.targets(pyrite).get("third") == "up", "news come again")
        self.assertGreater(pyrite.metric("pyrite_discovery_updates_total", mechanism="docker"), 2)


if __name__ == "__main__":
    daemon.main()
