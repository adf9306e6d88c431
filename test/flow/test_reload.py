#!/usr/bin/env python3
"""Another configuration while scraping goes on: what stays is left alone, what
is wrong changes nothing."""

import http.client
import re
import signal
import threading
import unittest

import flow
import pprof
import server

PATH = "/debug/pprof/goroutine"
GOROUTINES = (("goroutine", "count"),)
GOOD = pprof.encode(GOROUTINES, {("main.main",): (1,)}, GOROUTINES[0], 1)


class Reload(flow.FlowTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "pyrite.yml"
        self.targets = {}

    def serve(self, name):
        target = server.Server({PATH: lambda e: e.reply(GOOD)})
        self.addCleanup(target.close)
        self.targets[name] = target
        return target.address

    def job(self, name, extra=""):
        address = self.targets[name].address if name in self.targets else self.serve(name)
        return flow.job(name, address, ["goroutines"], extra=extra)

    def write(self, text):
        new = self.folder / "new.yml"
        new.write_text(text)
        new.rename(self.path)

    def start(self, text, *arguments):
        self.write(text)
        return self.pyrite(arguments=["--config", str(self.path), *arguments])

    def post(self, pyrite, path):
        connection = http.client.HTTPConnection(pyrite.address(), timeout=flow.PATIENCE)
        try:
            connection.request("POST", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def goes_on(self, pyrite, name):
        before = pyrite.stored(job=name)
        self.wait(lambda: pyrite.stored(job=name) >= before + 2, f"{name} goes on",
                  alive=pyrite)

    def test_jobs_come_and_go(self):
        pyrite = self.start(flow.config(self.job("stays"), self.job("goes")))
        for name in ("stays", "goes"):
            self.goes_on(pyrite, name)
        self.write(flow.config(self.job("stays"), self.job("comes")))
        pyrite.send(signal.SIGHUP)
        self.wait(lambda: pyrite.find('msg="configuration reloaded"'), "it reloads", alive=pyrite)
        gone = self.targets["goes"].requests[PATH]
        for name in ("stays", "comes"):
            self.goes_on(pyrite, name)
        self.assertLessEqual(self.targets["goes"].requests[PATH], gone + 1)
        self.assertEqual(pyrite.find("level=(warn|error)"), [])
        self.assertEqual(pyrite.metric("pyrite_config_last_reload_successful"), 1)
        self.stop(pyrite)

    def test_what_is_wrong_changes_nothing(self):
        pyrite = self.start(flow.config(self.job("app")), "--web.enable-lifecycle")
        self.goes_on(pyrite, "app")
        self.write("scrape-configs:\n  - job-name: app\n    colour: red\n")
        status, text = self.post(pyrite, "/-/reload")
        self.assertEqual(status, 500)
        self.assertRegex(text, r"failed to reload config: .*pyrite.yml:3:5: colour: ")
        self.assertEqual(pyrite.metric("pyrite_config_last_reload_successful"), 0)
        self.goes_on(pyrite, "app")
        pyrite.send(signal.SIGHUP)
        self.wait(lambda: len(pyrite.find('level=error msg="reload failed')) == 2,
                  "it is said", alive=pyrite)
        self.write(flow.config(self.job("app"), self.job("more")))
        self.assertEqual(self.post(pyrite, "/-/reload"), (200, ""))
        self.assertEqual(pyrite.metric("pyrite_config_last_reload_successful"), 1)
        self.goes_on(pyrite, "more")
        self.stop(pyrite)

    def start_many(self, count):
        """So many targets that nobody asks, and what adds a rule to their job."""
        (self.folder / "targets.yml").write_text("".join(
            f"- {{application: many, targets: ['127.1.{i // 250}.{i % 250}:9']}}\n"
            for i in range(count)))
        config = ("scrape-configs:\n- job-name: many\n  scrape-interval: 1d\n"
                  "  enabled-profiles: [goroutines]\n"
                  "  file-sd-configs: [{files: [targets.yml]}]\n"
                  "  relabel-configs: [{target-label: rev, replacement: '%s'}]\n")
        pyrite = self.start(config % 0, "--web.enable-lifecycle")
        self.wait(lambda: pyrite.metric("pyrite_targets") == count, "all are found", alive=pyrite)
        return pyrite, lambda number: self.write(config % number)

    def test_a_large_one_is_taken_over_as_a_whole(self):
        pyrite, change = self.start_many(5000)
        change(1)
        answers = []
        asked = threading.Thread(target=lambda: answers.append(self.post(pyrite, "/-/reload")))
        asked.start()
        while asked.is_alive():
            self.assertEqual(pyrite.metric("pyrite_targets"), 5000)
        asked.join()
        self.assertEqual(answers, [(200, "")])
        self.assertEqual(pyrite.metric("pyrite_targets"), 5000)
        self.assertIn(b'"rev":"1"', pyrite.get("/api/v1/targets")[1])
        self.assertNotIn(b'"rev":"0"', pyrite.get("/api/v1/targets")[1])
        self.stop(pyrite)

    def test_many_at_once_each_get_an_answer(self):
        """The last one holds; those that it has overtaken say so."""
        pyrite, change = self.start_many(5000)
        change(1)
        answers = []
        asked = [threading.Thread(target=lambda: answers.append(self.post(pyrite, "/-/reload")))
                 for _ in range(8)]
        for one in asked:
            one.start()
        for one in asked:
            one.join()
        self.assertEqual(len(answers), 8)
        self.assertIn((200, ""), answers)
        for status, text in answers:
            if status != 200:
                self.assertEqual(status, 500)
                self.assertIn("a later reload has overtaken it", text)
        self.assertEqual(pyrite.metric("pyrite_config_last_reload_successful"), 1)
        # It ends in the middle of one.
        change(2)
        pyrite.send(signal.SIGHUP)
        self.stop(pyrite)

    def test_asking_over_http_has_to_be_allowed(self):
        pyrite = self.start(flow.config(self.job("app")))
        self.assertEqual(self.post(pyrite, "/-/reload")[0], 403)
        self.assertEqual(self.post(pyrite, "/metrics")[0], 405)
        self.assertEqual(pyrite.get("/-/reload")[0], 405)
        self.stop(pyrite)

    def test_a_file_that_changes_is_read(self):
        pyrite = self.start(flow.config(self.job("app")), "--config.auto-reload")
        self.goes_on(pyrite, "app")
        self.write(flow.config(self.job("app"), self.job("more")))
        self.wait(lambda: pyrite.find('msg="configuration reloaded"'), "it reloads", alive=pyrite)
        self.goes_on(pyrite, "more")
        self.stop(pyrite)

    def test_files_that_are_included_are_read(self):
        jobs = self.folder / "jobs"
        jobs.mkdir()
        put = lambda name, text: (jobs / name).write_text(text)
        main = "scrape-config-files: ['jobs/*.yml']\n" + flow.config(self.job("main"))
        put("a.yml", flow.config(self.job("a")))
        pyrite = self.start(main, "--config.auto-reload")
        for name in ("main", "a"):
            self.goes_on(pyrite, name)
        put("b.yml", flow.config(self.job("b")))
        self.goes_on(pyrite, "b")
        put("b.yml", flow.config(self.job("a")))
        self.wait(lambda: pyrite.find(r"b.yml:\d+:\d+: job-name: found multiple scrape configs with "
                                      r"job name .*a.*, first found in .*/jobs/a.yml:\d+:\d+"),
                  "it is refused", alive=pyrite)
        for name in ("main", "a", "b"):
            self.goes_on(pyrite, name)
        (jobs / "b.yml").unlink()
        self.wait(lambda: pyrite.metric("pyrite_config_last_reload_successful") == 1 and
                  b'job="b"' not in pyrite.get("/metrics")[1], "b is gone", alive=pyrite)
        # Where the main file leads elsewhere, what is there is watched, even
        # if it was wrong at first.
        (self.folder / "other").mkdir()
        other = self.folder / "other" / "c.yml"
        other.write_text("scrape-configs: wrong\n")
        self.write(main.replace("jobs/*.yml", "other/*.yml"))
        self.wait(lambda: pyrite.find("other/c.yml:1:17: scrape-configs: is text"),
                  "it is refused", alive=pyrite)
        other.write_text(flow.config(self.job("c")))
        self.goes_on(pyrite, "c")
        self.stop(pyrite)

    def test_no_scrape_is_cut_and_no_baseline_lost(self):
        target = self.go_target()
        same = flow.job("same", target.address(), ["cpu", "mem"],
                        extra="scrape-timeout: 20s\n" + flow.cpu_seconds(1))
        pyrite = self.start(flow.config(same, self.job("other")))
        self.wait(lambda: pyrite.stored(job="same", profile="mem") >= 2, "it is up", alive=pyrite)
        for number in range(5):
            self.write(flow.config(same, self.job("other", f"body-size-limit: {number + 1}MB")))
            pyrite.send(signal.SIGHUP)
            self.wait(lambda: len(pyrite.find('msg="configuration reloaded"')) > number,
                      "it reloads", alive=pyrite)
            before = pyrite.stored(job="same", profile="cpu")
            self.wait(lambda: pyrite.stored(job="same", profile="cpu") > before, "cpu goes on",
                      alive=pyrite)
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total"), 0)
        self.stop(pyrite)
        # A baseline that was lost would show as a profile that covers no time. The
        # very first has none; it is not there where nothing was in use yet.
        durations = [profile["duration_ns"] for profile in
                     flow.profiles(pyrite.storage, "--profile", "mem", '{job="same"}')]
        self.assertGreater(len(durations), 5)
        self.assertTrue(all(duration > 0 for duration in durations[1:]), durations)

    def kept(self, pyrite):
        """What configurations and targets take; other rooms' memory has a life
        of its own."""
        return {series: value for series, value in pyrite.metrics().items()
                if re.match(r'pyrite_memory_(bytes|blocks)\{room="(config|discovery|schedule|scraper)"',
                            series)}

    def test_a_thousand_reloads_leave_nothing(self):
        jobs = self.folder / "jobs"
        jobs.mkdir()
        (self.folder / "t.yml").write_text(
            "- {application: app, targets: ['127.0.0.1:1', '127.0.0.1:2']}\n")
        files = "    file-sd-configs: [{files: ['t.yml']}]\n"
        rule = "    relabel-configs: [{target-label: r, replacement: x}]\n"
        top = "scrape-config-files: ['jobs/*.yml']\n"
        stays = self.job("stays")
        late = {name: flow.job(name, self.targets["stays"].address, ["goroutines"], "1h")
                for name in "abcd"}
        texts = [(flow.config(stays, late["a"] + files, top=top), flow.config(late["c"])),
                 (flow.config(stays, late["a"] + files + rule, late["b"], top=top),
                  flow.config(late["d"]))]

        def write(number):
            main, included = texts[number % 2]
            (jobs / "more.yml").write_text(included)
            self.write(main)

        write(0)
        pyrite = self.pyrite(arguments=["--config", str(self.path), "--web.enable-lifecycle"])
        self.goes_on(pyrite, "stays")
        first = None
        for number in range(1, 1 + (200 if flow.SANITIZED else 1000)):
            write(number)
            if number % 20 == 0:
                pyrite.send(signal.SIGHUP)
                self.wait(lambda: len(pyrite.find('msg="configuration reloaded"')) == number,
                          "it reloads", alive=pyrite)
            else:
                self.assertEqual(self.post(pyrite, "/-/reload"), (200, ""))
            if number == 20:
                self.wait(lambda: pyrite.metric("pyrite_targets") == 5, "all settles", alive=pyrite)
                first = self.kept(pyrite)
        # A block more or less is a table that has grown; what each reload left
        # would be hundreds.
        self.wait(lambda: all(value <= first[series] + (8 if "blocks" in series else 4096)
                              for series, value in self.kept(pyrite).items()),
                  "nothing is left", alive=pyrite)
        self.goes_on(pyrite, "stays")
        self.assertEqual(self.targets["stays"].connections, 1)
        self.assertEqual(pyrite.metric("pyrite_scrape_failures_total", job="stays"), 0)
        self.stop(pyrite)


if __name__ == "__main__":
    unittest.main()
