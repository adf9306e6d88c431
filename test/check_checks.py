#!/usr/bin/env python3
"""The checks of the source tree find what they are there to find."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_arrows
import check_sizes
import go_toolchain

DESIGN = """
| room | holds | may include |
|---|---|---|
| base | b | – |
| net | n | base |
| store | s | base |
| scraper.c, scrape.c | owners | all |
| cli | c | the public header, base |
"""


class Arrows(unittest.TestCase):
    def wrong(self, path, text):
        rooms = check_arrows.read_rooms(DESIGN)
        return list(check_arrows.check_file(pathlib.PurePath(path), text, rooms))

    def test_what_the_table_allows(self):
        self.assertEqual(self.wrong("net/a.c", '#include "net/a.h"\n'
                                    '#include "base/b.h"\n#include <uv.h>\n'), [])
        self.assertEqual(self.wrong("scraper.c", '#include "store/s.h"\n'), [])
        self.assertEqual(self.wrong("cli/c.c", '#include "pyrite.h"\n'), [])

    def test_what_it_forbids(self):
        self.assertTrue(self.wrong("base/b.c", '#include "net/a.h"\n'))
        self.assertTrue(self.wrong("store/s.c", '#include "scraper.h"\n'))
        self.assertTrue(self.wrong("cli/c.c", '#include "store/s.h"\n'))
        self.assertTrue(self.wrong("scraper.c", '#include "cli/c.h"\n'))
        self.assertTrue(self.wrong("new/n.c", ""))

    def test_folders_of_a_room(self):
        both = '#include "net/a.h"\n#include "net/tls/t.h"\n'
        self.assertEqual(self.wrong("net/tls/t.c", both), [])
        self.assertEqual(self.wrong("net/a.c", both), [])
        self.assertTrue(self.wrong("net/tls/t.c", '#include "net/http/h.h"\n'))
        self.assertTrue(self.wrong("net/tls/t.c", '#include "store/s.h"\n'))

    def test_the_loop_is_not_for_everyone(self):
        self.assertTrue(self.wrong("store/s.c", "#include <uv.h>\n"))
        self.assertTrue(self.wrong("base/b.c", "# include <uv/unix.h>\n"))


class Sizes(unittest.TestCase):
    def test_functions_are_found_and_counted(self):
        text = ("struct s {\n  int (*f)(void);\n};\n"
                "static int a(int x,\n             int y) {\n  return x;\n}\n"
                "static const int t[] = {\n  F(1),\n};\n"
                "__attribute__((cold)) void b(void) {\n}\n")
        found = list(check_sizes.functions(text.splitlines()))
        self.assertEqual(found, [("a", 4, 4), ("b", 11, 2)])

    def test_caps(self):
        self.assertIn("CAP", check_sizes.verdict("f", 81, 40, 80))
        self.assertIn("aim", check_sizes.verdict("f", 80, 40, 80))
        self.assertIsNone(check_sizes.verdict("f", 40, 40, 80))


# A go command that is too old, and unpacks a module without executable bits.
OLD_GO = """#!/bin/sh
case "$*" in
"env GOVERSION") echo go1.19.8 ;;
"env GOHOSTOS GOHOSTARCH") printf 'linux\\namd64\\n' ;;
"mod download"*)
  [ -z "$OFFLINE" ] || { echo '{"Error": "no route to the proxy"}'; exit 1; }
  mkdir -p "$GOMODCACHE/go/bin" "$GOMODCACHE/go/pkg/tool/linux"
  echo 'echo newer' | tee "$GOMODCACHE/go/bin/go" >"$GOMODCACHE/go/pkg/tool/linux/compile"
  echo "{\\"Dir\\": \\"$GOMODCACHE/go\\"}" ;;
esac
"""


class GoToolchain(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "go").write_text(OLD_GO)
        (self.folder / "go").chmod(0o755)

    def run_for(self, version, **env):
        """What is printed for a go.mod that wants the version."""
        (self.folder / "go.mod").write_text(f"module m\n\ngo {version}\n")
        return subprocess.run(
            [sys.executable, go_toolchain.__file__, self.folder], text=True,
            stdout=subprocess.PIPE, check=False,
            env={**os.environ, "PATH": f"{self.folder}:/usr/bin:/bin", "CI": "",
                 "XDG_CACHE_HOME": str(self.folder / "cache"), **env})

    def test_versions(self):
        self.assertEqual(go_toolchain.numbers("1.25.8"), (1, 25, 8))
        self.assertEqual(go_toolchain.numbers("1.21"), (1, 21, 0))
        self.assertLess(go_toolchain.numbers("1.9"), go_toolchain.numbers("1.19.8"))
        self.assertEqual(go_toolchain.numbers("1.27rc1"), (1, 27, 0))

    def test_the_machines_go_where_it_is_new_enough(self):
        self.assertEqual(self.run_for("1.19").stdout.strip(), str(self.folder / "go"))

    def test_a_newer_one_is_fetched_once(self):
        first = pathlib.Path(self.run_for("1.20").stdout.strip())
        self.assertEqual(first.relative_to(self.folder / "cache/pyrite-go").name, "go")
        self.assertTrue(os.access(first, os.X_OK))
        compiler = first.parent.parent / "pkg/tool/linux/compile"
        self.assertTrue(os.access(compiler, os.X_OK))
        again = self.run_for("1.20", OFFLINE="1")
        self.assertEqual(again.stdout.strip(), str(first))

    def test_what_cannot_be_had(self):
        for version, env in (("1.20", {"OFFLINE": "1"}), ("9.0", {})):
            missing = self.run_for(version, **env)
            self.assertEqual(missing.returncode, 77, missing.stdout)
            self.assertIn("SKIPPED", missing.stdout)
        self.assertIn("newest", missing.stdout)
        offline = self.run_for("1.20", OFFLINE="1", CI="true")
        self.assertEqual(offline.returncode, 1)
        self.assertIn("no route to the proxy", offline.stdout)


if __name__ == "__main__":
    unittest.main()
