#!/usr/bin/env python3
"""TLS with mbedTLS 3, which Debian 12 does not have: the client, and the server of
the stats endpoint.

The crate mbedtls-rs-sys carries its sources; cargo (1.85 or newer: that of Debian
12's cargo-web, not that of its cargo) fetches it.  They are built as they are,
with their usual configuration: the crate's own build leaves out the clock, without
which nothing expires.  No cargo, or none that can fetch it: tools.py's rule."""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402

CRATE, VERSION = "mbedtls-rs-sys", "0.3.1"
FOLDER = pathlib.Path(os.environ["PYRITE_BUILD"]) / "mbedtls3"
UNITS = ("net_tls", "net_tls_server", "net_tls_config", "net_tls_verify", "net_tls_oom",
         "net_https", "net_https_server")


def run(*command, **kwargs):
    result = tools.run(*map(str, command), **kwargs)
    assert result.returncode == 0, f"{command}\n{result.stdout[-4000:]}{result.stderr[-4000:]}"
    return result.stdout


def fetch():
    """The folder of mbedTLS' sources."""
    cargo = tools.need("cargo")
    crate = FOLDER / "crate"
    (crate / "src").mkdir(parents=True, exist_ok=True)
    (crate / "src" / "lib.rs").write_text("")
    (crate / "Cargo.toml").write_text(
        f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n'
        f'[dependencies]\n{CRATE} = "={VERSION}"\n[workspace]\n')
    result = tools.run(cargo, "metadata", "--format-version", "1", cwd=crate)
    if result.returncode:
        tools.skip(f"cargo cannot fetch {CRATE} {VERSION}: {result.stderr[-500:]}")
    for package in json.loads(result.stdout)["packages"]:
        if package["name"] == CRATE:
            return pathlib.Path(package["manifest_path"]).parent / "mbedtls"
    tools.skip(f"cargo does not know where {CRATE} is")


def build(source):
    """Pyrite's build folder, with mbedTLS 3 in it."""
    prefix, library = FOLDER / "prefix", FOLDER / "library"
    run("cmake", "-G", "Ninja", "-S", source, "-B", library, "-DENABLE_TESTING=OFF",
        "-DENABLE_PROGRAMS=OFF", "-DGEN_FILES=OFF", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_INSTALL_PREFIX={prefix}", "-DCMAKE_INSTALL_LIBDIR=lib")
    run("cmake", "--build", library, "--target", "install")
    pyrite = FOLDER / "pyrite"
    run("cmake", "-G", "Ninja", "-S", tools.ROOT, "-B", pyrite, "-DCMAKE_BUILD_TYPE=Debug",
        f"-DCMAKE_PREFIX_PATH={prefix}", "-DPYRITE_EXAMPLES=OFF", "-DPYRITE_BENCH=OFF")
    run("cmake", "--build", pyrite, "--target", "pyrite", "net_fetch_tool",
        *(f"unit_{name}" for name in UNITS))
    return pyrite


class MbedTls3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.build = build(fetch())

    def test_units(self):
        for name in UNITS:
            with self.subTest(name):
                run(self.build / "test" / f"unit_{name}")

    def run_script(self, path):
        env = dict(os.environ, PYRITE_FETCH_TOOL=str(self.build / "test" / "net_fetch_tool"),
                   PYRITE_BIN=str(self.build / "pyrite"), PYRITE_HAS_TLS13="1")
        run(sys.executable, tools.ROOT / "test" / path, env=env)

    def test_interop(self):
        self.run_script("net/test_tls_interop.py")

    def test_odd_servers(self):
        self.run_script("net/test_tls_odd.py")

    def test_the_stats_endpoint(self):
        self.run_script("flow/test_web_tls.py")


if __name__ == "__main__":
    unittest.main()
