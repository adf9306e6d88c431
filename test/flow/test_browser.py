#!/usr/bin/env python3
"""The pages in a real browser: whatever labels hold is text, and no page needs
a script."""

import html.parser
import json
import subprocess
import unittest

import flow

BROWSER = flow.tools.need("chromium")
HOSTILE = {
    "script": "<script>document.title='run'</script>",
    "attribute": "\" onmouseover=\"document.title='run'",
    "image": "<img src=x onerror=\"document.title='run'\">",
    "entity": "&lt;b&gt; &amp;",
    "right_to_left": "\u202egnp.exe \u05e9\u05dc\u05d5\u05dd",
    "four_bytes": "\U0001f600\U0001f469\u200d\U0001f52c",
}


class Page(html.parser.HTMLParser):
    """What the browser made of a page: its elements and its text."""

    def __init__(self, dom):
        super().__init__()
        self.tags, self.handlers, self.text, self.in_title, self.title = [], [], "", False, ""
        self.feed(dom)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.in_title = tag == "title"

    def handle_endtag(self, tag):
        self.in_title = False

    def handle_data(self, data):
        self.text += data
        self.title += data if self.in_title else ""


class Browser(flow.FlowTest):
    def render(self, url):
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", f"--user-data-dir={self.folder / 'profile'}", "--dump-dom", url],
            capture_output=True, check=False, timeout=4 * flow.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return Page(done.stdout.decode())

    def test_hostile_labels_are_text(self):
        job = "<b>job</b>"
        config = {"scrape-configs": [{
            "job-name": job, "enabled-profiles": ["mem"], "scrape-interval": "1h",
            "relabel-configs": [{"source-labels": ["script"], "target-label": "copy"},
                                {"source-labels": ["drop"], "regex": "<i>", "action": "drop"}],
            "static-configs": [
                {"application": "app", "targets": ["127.0.0.1:1"], "labels": HOSTILE},
                {"application": "gone", "targets": ["127.0.0.1:2"], "labels": {"drop": "<i>"}}]}]}
        path = self.folder / "pyrite.yml"
        path.write_text(json.dumps(config, ensure_ascii=False))
        pyrite = self.pyrite(arguments=["--config", str(path)])
        self.wait(pyrite.address, "it listens", alive=pyrite)
        for url, title in (("/", "Pyrite"), ("/service-discovery", "Pyrite: service discovery")):
            page = self.render(f"http://{pyrite.address()}{url}")
            self.assertEqual(page.title, title)  # no script ran
            self.assertFalse({"script", "img", "i"} & set(page.tags), page.tags)
            self.assertEqual(page.handlers, [])
            for name, value in HOSTILE.items():
                self.assertIn(f'{name}="{value}"', page.text)
            self.assertIn(job, page.text)
        self.assertIn('copy="' + HOSTILE["script"], page.text)
        self.assertEqual(page.tags.count("details"), 2)
        self.stop(pyrite)


if __name__ == "__main__":
    unittest.main(verbosity=2)
