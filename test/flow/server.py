"""A target that says exactly what a test wants, byte by byte."""

import collections
import socket
import socketserver
import threading


class Exchange:
    """One request, and the socket to answer it on."""

    def __init__(self, sock, method, path, headers, body=b""):
        self.sock, self.method, self.path, self.headers = sock, method, path, headers
        self.body = body

    def send(self, data):
        self.sock.sendall(data)

    def reply(self, body=b"", status="200 OK", **headers):
        """A whole answer; the connection stays open."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return True


class Server:
    """Serves `routes`: path (without the query) to a function of an Exchange,
    whose truth says that the connection stays open.  Other paths: 404.  With a
    `context` of ssl it speaks TLS."""

    def __init__(self, routes, listen="127.0.0.1", port=0, context=None):
        self.routes = routes
        self.requests = collections.Counter()
        self.connections = 0
        self.closing = threading.Event()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def setup(self):
                if context is not None:
                    self.request = context.wrap_socket(self.request, server_side=True,
                                                       do_handshake_on_connect=False)
                super().setup()

            def handle(self):
                outer.connections += 1
                try:
                    while outer.serve_one(self.request, self.rfile):
                        pass
                except (OSError, ValueError):
                    pass  # the other side has gone: that is its right

            def finish(self):
                super().finish()
                self.request.close()

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

        self.listener = Listener((listen, port), Handler)
        self.address = "%s:%d" % self.listener.server_address[:2]
        self.thread = threading.Thread(target=self.listener.serve_forever,
                                       kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def serve_one(self, sock, reader):
        line = reader.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return False
        headers = {}
        for raw in iter(reader.readline, b"\r\n"):
            if not raw:
                return False
            name, _, value = raw.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        exchange = Exchange(sock, line[0], line[1], headers, body)
        path = line[1].split("?")[0]
        self.requests[path] += 1
        route = self.routes.get(path)
        if route is None:
            return exchange.reply(b"404 page not found\n", "404 Not Found")
        return bool(route(exchange)) and not self.closing.is_set()

    def hang(self, exchange):
        """A route that never answers."""
        self.closing.wait(600)
        exchange.sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.closing.set()
        self.listener.shutdown()
        self.listener.server_close()
