"""Programs whose profiles other packages than Go's make: their sources are in
test/producers, and the jobs that scrape them are those of conf/producers.yml.

With PYRITE_KEEP_BODIES=FOLDER two bodies of each are written there: those in
test/producers/bodies are of a clone in /tmp, with XDG_CACHE_HOME and CARGO_HOME
below it, so that their paths say nothing of the machine."""

import json
import os
import pathlib
import re
import sys
import urllib.request

import flow

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import go_pprof  # noqa: E402
import tools  # noqa: E402

SOURCES = tools.ROOT / "test/producers"
CONFIG = tools.ROOT / "conf/producers.yml"
PATIENCE = 4 * flow.PATIENCE  # some are slow to start, and answer one at a time
HURRY = "global: {scrape-interval: 2s, scrape-timeout: 1m}\n"


class Target(flow.Program):
    def address(self):
        for line in self.find("^listening on "):
            return line.split()[-1]
        return None


def substitute(pattern, replacement, text):
    text, count = re.subn(pattern, replacement, text)
    assert count > 0, f"{CONFIG}: there is no {pattern}"
    return text


def job(name, address):
    """The job as it is documented, for that address and somebody in a hurry."""
    found = re.search(rf"^  - job-name: {name}\n(?:(?!  - ).*\n)*", CONFIG.read_text(), re.M)
    assert found, f"{CONFIG}: there is no job {name}"
    text = substitute(r"targets: \[.*\]", f"targets: ['{address}']", found.group())
    return text.replace('seconds: "10"', 'seconds: "1"')


class ProducerTest(flow.FlowTest):
    @classmethod
    def setUpClass(cls):
        tools.need("go")
        go_pprof.program()  # which new Go builds when it is first asked for it

    def scrape(self, name, command, package=None, **kwargs):
        """Starts the program of that job, and a Pyrite that scrapes it."""
        target = self.watch(Target(command, **kwargs))
        self.wait(target.address, "the target listens", timeout=PATIENCE, alive=target)
        self.name, self.package = name, package or name
        self.scraper = self.pyrite(HURRY + flow.config(job(name, target.address())))

    def exported(self, kind):
        """What is stored of a kind until now, as go tool pprof -raw shows it, or None."""
        path = self.folder / f"{kind}.pb.gz"
        if not self.scraper.stored(profile=kind):
            return None
        try:
            self.scraper.query("--profile", kind, "--output", "pprof", "-o", str(path),
                               f"{self.name}-shop{{}}")
        except AssertionError:
            return None  # not on disk yet
        return go_pprof.pprof("-symbolize=none", "-raw", path)

    def expect(self, kind, types, period, functions, label=None):
        """Awaits a profile with those functions, and holds it to the rest."""
        def found():
            raw = self.exported(kind)
            return raw if raw and all(f" {name} " in raw for name in functions) else None
        raw = self.wait(found, f"{kind} has {functions}", timeout=PATIENCE, alive=self.scraper)
        (head, got), _, _ = go_pprof.read_raw(raw)
        self.assertEqual(got, types)
        self.assertIn(f"PeriodType: {period}\n", head)
        if label:
            self.assertRegex(raw, label)
        top = go_pprof.pprof("-symbolize=none", "-top", "-nodefraction=0",
                             self.folder / f"{kind}.pb.gz")
        self.assertRegex(top, rf"(?m) {re.escape(functions[0])}( |$)")

    def end(self):
        """Nothing that came was refused; the program may be slow, as all may."""
        for reason in ("pprof", "gzip", "limit"):
            self.assertEqual(
                self.scraper.metric("pyrite_scrape_failures_total", reason=reason), 0, reason)
        _, page = self.scraper.get("/api/v1/targets")
        self.stop(self.scraper)
        if os.environ.get("PYRITE_KEEP_BODIES"):
            self.keep(json.loads(page)["data"]["activeTargets"][0]["profiles"])

    def keep(self, profiles):
        folder = pathlib.Path(os.environ["PYRITE_KEEP_BODIES"])
        for profile in profiles:
            for number in range(2):
                with urllib.request.urlopen(profile["url"], timeout=PATIENCE) as response:
                    name = f"{self.package}-{profile['profile']}-{number}.pb"
                    (folder / name).write_bytes(response.read())
