#!/usr/bin/env python3
"""Serves the profiles of the program beside it as those who run gperftools do: it
writes a format of its own, which `go tool pprof -proto` makes pprof.  With ?raw=1
they are as they were written.

    target.py PROGRAM go tool pprof
"""

import http.server
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

PROGRAM, *PPROF = sys.argv[1:]


class Server(http.server.HTTPServer):
    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = pathlib.Path(folder)
        self.program = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def tell(self, *words):
        print(*words, file=self.program.stdin, flush=True)
        assert self.program.stdout.readline() == "done\n"

    def cpu(self, seconds):
        self.tell("start", self.folder / "cpu")
        time.sleep(seconds)
        self.tell("stop")
        return self.folder / "cpu"

    def heap(self):
        self.tell("heap", self.folder / "heap")
        return self.folder / "heap"

    def convert(self, path):
        body = self.folder / "body"
        subprocess.run([*PPROF, "-proto", f"-output={body}", PROGRAM, path], check=True,
                       stderr=subprocess.DEVNULL)
        return body


class Handler(http.server.BaseHTTPRequestHandler):
    """Of HTTP/1.0: as one connection is served at a time, none is kept."""

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path == "/debug/pprof/profile":
            path = self.server.cpu(int(query["seconds"][0]))
        elif url.path == "/debug/pprof/heap":
            path = self.server.heap()
        else:
            return self.send_error(404)
        if "raw" not in query:
            path = self.server.convert(path)
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


with tempfile.TemporaryDirectory() as made, Server(made) as server:
    print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
    try:
        server.serve_forever()
    finally:
        server.program.kill()
