"""What the tests of the TLS client share: certificates made by openssl, servers
that use them, and the fetching tool."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402


CURVES = {"ec": "prime256v1", "p384": "secp384r1", "p521": "secp521r1",
          "bitcoin": "secp256k1", "brainpool": "brainpoolP256r1"}


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder, name="ca", subject="/CN=Test CA"):
        self.folder = pathlib.Path(folder)
        self.openssl = tools.need("openssl")
        self.cert, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self.new_key(self.key, "ec")
        self.run("req", "-x509", "-new", "-key", self.key, "-subj", subject, "-days", "30",
                 "-out", self.cert, "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def run(self, *arguments):
        result = tools.run(self.openssl, *map(str, arguments))
        assert result.returncode == 0, result.stderr

    def new_key(self, path, kind):
        if kind in CURVES:
            self.run("ecparam", "-name", CURVES[kind], "-genkey", "-noout", "-out", path)
        elif kind.isdigit():
            self.run("genrsa", "-out", path, kind)
        else:
            self.run("genpkey", "-algorithm", kind, "-out", path)

    def issue(self, name, names="IP:127.0.0.1,DNS:localhost", kind="ec", extra=""):
        """(chain, key) of a new certificate."""
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        self.new_key(key, kind)
        self.run("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        extensions.write_text(f"subjectAltName={names}\n{extra}")
        self.run("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
                 "-CAcreateserial", "-days", "30", "-sha256", "-extfile", extensions, "-out", cert)
        return cert, key


@contextlib.contextmanager
def process(*command, **kwargs):
    child = subprocess.Popen([str(part) for part in command], text=True, **kwargs)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


@contextlib.contextmanager
def go_server(pair, *flags):
    """The port of a Go server with these flags."""
    program = os.path.join(os.environ["PYRITE_GO_TARGETS"], "tlstarget")
    if not os.path.exists(program):
        tools.skip("the Go programs are not built")
    with process(program, "-cert", pair[0], "-key", pair[1], *flags,
                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        yield int(child.stdout.readline().rsplit(":", 1)[1])


@contextlib.contextmanager
def openssl_child(pair, *flags, **kwargs):
    """(port, process) of an `openssl s_server` with these flags."""
    [port] = tools.free_ports(1)
    with process(tools.need("openssl"), "s_server", "-accept", f"127.0.0.1:{port}",
                 "-cert", pair[0], "-cert_chain", pair[0], "-key", pair[1], *flags,
                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs) as child:
        said(child, "ACCEPT")
        yield port, child


def said(child, text):
    """Reads its output up to the line that begins so."""
    for line in child.stdout:
        if line.startswith(text):
            return
    raise AssertionError(f"it ended before it said {text}")


@contextlib.contextmanager
def openssl_server(pair, *flags):
    """The port of one that has pages."""
    with openssl_child(pair, "-www", *flags) as (port, _):
        yield port


class Fetcher:
    """One client, which keeps its connections and sessions."""

    def __init__(self, *options):
        tool = os.environ["PYRITE_FETCH_TOOL"]
        self.child = subprocess.Popen([tool, *map(str, options)], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.child.stdin.close()
        self.child.stdout.close()
        code = self.child.wait(20)
        if error[0] is None:
            assert code == 0, f"fetch_tool ended with {code}"

    def begin(self, url):
        self.child.stdin.write(url + "\n")
        self.child.stdin.flush()

    def result(self):
        return json.loads(self.child.stdout.readline())

    def get(self, url):
        self.begin(url)
        return self.result()
