#!/usr/bin/env python3
"""Configuring without a library fails with the name of its Debian package."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tools  # noqa: E402

PACKAGES = {
    "libuv": "libuv1-dev",
    "zlib": "zlib1g-dev",
    "libprotobuf-c": "libprotobuf-c-dev",
    "yaml-0.1": "libyaml-dev",
    "libcares": "libc-ares-dev",
    "libpcre2-8": "libpcre2-dev",
    "jansson": "libjansson-dev",
    "expat": "libexpat1-dev",
    "libcrypt": "libcrypt-dev",
    "libseccomp": "libseccomp-dev",
    "cmocka": "libcmocka-dev",
}


def modules():
    """Every .pc file that pkg-config finds, by module."""
    folders = tools.run("pkg-config", "--variable", "pc_path", "pkg-config").stdout
    found = {}
    for folder in folders.strip().split(":"):
        for path in pathlib.Path(folder).glob("*.pc"):
            found.setdefault(path.stem, path)
    return found


class MissingLibrary(unittest.TestCase):
    def configure_without(self, missing):
        with tempfile.TemporaryDirectory() as folder:
            for module, path in modules().items():
                if module != missing:
                    os.symlink(path, f"{folder}/{path.name}")
            env = dict(os.environ, PKG_CONFIG_LIBDIR=folder, PKG_CONFIG_PATH="")
            return tools.run("cmake", "-G", "Ninja", "-S", str(tools.ROOT),
                             "-B", f"{folder}/build", env=env)

    def test_each_is_named(self):
        for module, package in PACKAGES.items():
            with self.subTest(module):
                result = self.configure_without(module)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn("is missing: apt-get install", result.stderr)
                self.assertIn(package, result.stderr)

    def test_nothing_missing_configures(self):
        result = self.configure_without(None)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
