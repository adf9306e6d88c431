"""Random patterns in RE2's syntax, each with a maker of texts that it may match,
and broken ones."""

CHARACTERS = "aabbcdAB01 -_.:;/\n,kKsS\u00e9\u00df\u017f\u212a\u03c3\u03c2\u0130\u00e5"
SPECIALS = "()[]{}*+?|\\^$-:<>P!=#.,i1aQE&'R"
ESCAPES = {"\\d": "07", "\\w": "aZ_9", "\\s": " \t\n", "\\D": "a-", "\\W": "-\u00e9",
           "\\S": "a\u000b", "\\n": "\n", "\\t": "\t", "\\.": ".", "\\-": "-",
           "\\x41": "A", "\\x{212a}": "\u212aKk", "\\x{e9}": "\u00e9", "\\101": "A",
           "\\07": "\a", "\\v": "\v", "\\_": "_", "\\/": "/", "\\pL": "a\u00e9",
           "\\PL": "1-", "\\p{Greek}": "\u03c3", "\\p{^Greek}": "ab", "\\p{Lu}": "AB",
           "\\p{Nd}": "1\u0661", "\\P{Letter}": "1", "\\pN": "1", "\\p{Any}": "a\n",
           "\\p{Latin}": "ka", "\\p{M}": "\u0345", "\\p{ascii}": "a1"}
NAMED = {"alpha": "az", "digit": "09", "word": "_a", "upper": "AZ", "lower": "az",
         "space": " \n", "punct": "-.", "xdigit": "aF", "^alpha": "1-", "^space": "a",
         "alnum": "a1", "^upper": "a", "^word": "-", "print": "a ", "ascii": "a"}
QUANTIFIERS = ("*", "+", "?", "{2}", "{0,2}", "{1,3}", "{1,}", "{2,}", "{0}", "{,3}")


def quoted(c):
    return "\\" + c if c in "()[]{}*+?|\\^$." else c


class Maker:
    """Makes (pattern, maker of texts) pairs out of one random generator."""

    def __init__(self, random):
        self.random = random
        self.names = 0

    def literal(self):
        c = self.random.choice(CHARACTERS)
        return quoted(c), lambda: c if self.random.random() < 0.8 else c.swapcase()

    def escape(self):
        text = self.random.choice(list(ESCAPES))
        return text, lambda: self.random.choice(ESCAPES[text])

    def quotation(self):
        text = "".join(self.random.choice("a.b*(") for _ in range(self.random.randint(0, 3)))
        return f"\\Q{text}\\E", lambda: text

    def item(self):
        kind = self.random.random()
        if kind < 0.5:
            c = self.random.choice(CHARACTERS)
            return ("\\" + c if c in "]\\[^-" else c), c
        if kind < 0.7:
            low, high = sorted(self.random.choice(CHARACTERS) for _ in range(2))
            if low in "]\\[^-" or high in "]\\[^-":
                return "a-c", "b"
            return f"{low}-{high}", low
        if kind < 0.85:
            text = self.random.choice(list(ESCAPES))
            return text, self.random.choice(ESCAPES[text])
        name = self.random.choice(list(NAMED))
        return f"[:{name}:]", NAMED[name]

    def bracket(self):
        items = [self.item() for _ in range(self.random.randint(1, 3))]
        text = "".join(item[0] for item in items)
        if self.random.random() < 0.1:
            text = "-" + text
        if self.random.random() < 0.1:
            text += "-"
        if self.random.random() < 0.25:
            return f"[^{text}]", lambda: self.random.choice(CHARACTERS)
        return f"[{text}]", lambda: self.random.choice([c for item in items for c in item[1]])

    def anchor(self):
        return self.random.choice(("^", "$", "\\b", "\\B", "\\A", "\\z")), str

    def group(self, depth):
        inside, text = self.alternation(depth - 1)
        kind = self.random.random()
        if kind < 0.5:
            return f"({inside})", text
        if kind < 0.7:
            return f"(?:{inside})", text
        if kind < 0.85:
            self.names += 1
            name = self.random.choice((f"n{self.names}", "n", "1x"))
            return f"(?{self.random.choice(('P', ''))}<{name}>{inside})", text
        flags = self.random.choice(("i", "s", "-s", "m", "U", "i-s", "-i", "im"))
        return f"(?{flags}:{inside})", text

    def atom(self, depth):
        kind = self.random.random()
        if depth > 0 and kind < 0.3:
            return self.group(depth)
        if kind < 0.38:
            return ".", lambda: self.random.choice(CHARACTERS)
        if kind < 0.5:
            return self.bracket()
        if kind < 0.6:
            return self.escape()
        if kind < 0.63:
            return self.anchor()
        if kind < 0.65:
            return self.quotation()
        if kind < 0.68:
            return f"(?{self.random.choice(('i', 's', '-s', 'm', 'U', '-i'))})", str
        return self.literal()

    def repeated(self, depth):
        pattern, text = self.atom(depth)
        if self.random.random() > 0.35:
            return pattern, text
        quantifier = self.random.choice(QUANTIFIERS)
        if self.random.random() < 0.2:
            quantifier += "?"
        most = self.random.choice((0, 1, 1, 2, 3))
        return pattern + quantifier, lambda: "".join(text() for _ in range(most))

    def sequence(self, depth):
        parts = [self.repeated(depth) for _ in range(self.random.choice((0, 1, 1, 2, 2, 3, 4)))]
        return ("".join(part[0] for part in parts),
                lambda: "".join(part[1]() for part in parts))

    def alternation(self, depth):
        branches = [self.sequence(depth) for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        return ("|".join(branch[0] for branch in branches),
                lambda: self.random.choice(branches)[1]())

    def pattern(self):
        return self.alternation(self.random.choice((0, 1, 2, 3)))

    def hollow(self, depth=3):
        """Repeats of what can match nothing: groups depend on who goes round."""
        branches = []
        for _ in range(self.random.choice((1, 1, 2))):
            branches.append("".join(self.hollow_part(depth)
                                    for _ in range(self.random.choice((0, 1, 1, 2, 2)))))
        return "|".join(branches)

    def hollow_part(self, depth):
        kind = self.random.random()
        if depth == 0 or kind < 0.3:
            part = self.random.choice("aab") + self.random.choice(("", "", "*", "?", "+"))
        else:
            part = ("(" if kind < 0.6 else "(?:") + self.hollow(depth - 1) + ")"
            if self.random.random() < 0.6:
                part += self.random.choice(("*", "*", "+", "?", "{0,2}", "{2}", "{1,}"))
        lazy = part[-1] in "*+?}" and self.random.random() < 0.1
        return part + "?" if lazy else part

    def broken(self):
        """Mostly something that is refused, or nearly."""
        text, texts = self.pattern()
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randint(0, len(text))
            cut = self.random.choice((0, 0, 1))
            text = text[:at] + self.random.choice(SPECIALS) + text[at + cut:]
        return text, texts

    def any_text(self):
        return "".join(self.random.choice(CHARACTERS)
                       for _ in range(self.random.choice((0, 1, 2, 3, 5, 8))))
