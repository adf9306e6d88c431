#!/usr/bin/env python3
"""The checks of the source tree find what they are there to find."""

import pathlib
import tempfile
import unittest

import check_arrows
import check_sizes

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


if __name__ == "__main__":
    unittest.main()
