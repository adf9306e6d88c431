"""Reads segments.  Written from src/store/FORMAT.md alone, to hold the C code to
it: run as a program it prints what `segment_dump` prints."""

import json
import sys
import zlib

MASK64 = (1 << 64) - 1
NONE = (1 << 32) - 1


class Bad(Exception):
    pass


# ---- numbers --------------------------------------------------------------

def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = _crc_table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def signed(value, bits=64):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def zigzag(value):
    return (value << 1 ^ value >> 63) & MASK64


def unzigzag(value):
    return value >> 1 ^ -(value & 1)


class Numbers:
    def __init__(self, data):
        self.data, self.at = data, 0

    def varint(self):
        value = shift = 0
        while True:
            if self.at == len(self.data):
                raise Bad("ends early")
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def varints(self, count):
        return [self.varint() for _ in range(count)]

    def zigzag(self):
        return unzigzag(self.varint())

    def bytes(self, count):
        if self.at + count > len(self.data):
            raise Bad("ends early")
        self.at += count
        return self.data[self.at - count:self.at]

    def list(self):
        return self.ascending(self.varint())

    def ascending(self, count):
        values, following = [], 0
        for gap in self.varints(count):
            values.append(following + gap)
            following += gap + 1
        return values

    def end(self):
        if self.at != len(self.data):
            raise Bad("bytes are left over")


# ---- frames ---------------------------------------------------------------

DICTIONARY, SAMPLES, PROFILES, FOOTER, END = 1, 2, 3, 4, 5


class File:
    def __init__(self, data):
        self.data = data
        if data[:6] != b"PYRITE":
            raise Bad("not a segment")
        if data[6] != 1 or data[7] != 254:
            raise Bad("unknown version")
        self.salt = data[8:12]
        if data[12:16] != self.salt:
            raise Bad("two salts")

    def frame(self, at):
        """Type, payload, and where the next frame begins."""
        word = self.data[at:at + 4]
        number = int.from_bytes(word, "little")
        length, kind, deflated = number & (1 << 28) - 1, number >> 28 & 7, number >> 31
        crc = crc32c(self.salt + at.to_bytes(8, "little") + word)
        if self.data[at + 4:at + 6] != ((crc ^ crc >> 16) & 0xFFFF).to_bytes(2, "little"):
            raise Bad(f"no frame at {at}")
        end = at + 10 + length
        stored = self.data[at + 10:end]
        if len(stored) < length:
            raise Bad("torn end")
        if crc32c(stored, crc).to_bytes(4, "little") != self.data[at + 6:at + 10]:
            raise Bad(f"checksum at {at}")
        if not deflated:
            return kind, stored, end
        numbers = Numbers(stored)
        size = numbers.varint()
        payload = zlib.decompress(stored[numbers.at:], wbits=-15)
        if len(payload) != size:
            raise Bad(f"inflated size at {at}")
        return kind, payload, end

    def frames(self):
        """All frames that are whole, in order."""
        at = 16
        while at + 10 <= len(self.data):
            try:
                kind, payload, end = self.frame(at)
            except Bad as error:
                if str(error) == "torn end":
                    return
                raise
            yield at, kind, payload
            at = end


# ---- dictionaries ---------------------------------------------------------

class Tables:
    def __init__(self):
        self.strings, self.label_sets, self.stacks = [b""], [[]], [None]
        self.mappings, self.functions, self.locations = [], [], []
        self.attributes, self.series = [], []

    def read(self, payload):
        numbers = Numbers(payload)
        present = numbers.bytes(1)[0]
        readers = (self._strings, self._mappings, self._functions, self._locations,
                   self._label_sets, self._stacks, self._attributes, self._series)
        tables = (self.strings, self.mappings, self.functions, self.locations,
                  self.label_sets, self.stacks, self.attributes, self.series)
        for bit, (reader, table) in enumerate(zip(readers, tables)):
            if present >> bit & 1:
                first, count = numbers.varints(2)
                if first != len(table):
                    raise Bad("ids do not follow")
                reader(numbers, count)
        numbers.end()

    @staticmethod
    def _delta(numbers, count, bits=32):
        values, before = [], 0
        for _ in range(count):
            before = before + numbers.zigzag() & (1 << bits) - 1
            values.append(before)
        return values

    @staticmethod
    def _next(numbers, count):
        return [value - 1 & NONE for value in numbers.varints(count)]

    @staticmethod
    def _signed(numbers, count):
        return [numbers.zigzag() for _ in range(count)]

    def _strings(self, numbers, count):
        for length in numbers.varints(count):
            self.strings.append(length)
        first = len(self.strings) - count
        for i in range(first, len(self.strings)):
            self.strings[i] = numbers.bytes(self.strings[i])

    def _mappings(self, numbers, count):
        start = numbers.varints(count)
        limit = [value + numbers.zigzag() & MASK64 for value in start]
        rest = [numbers.varints(count) for _ in range(4)]
        self.mappings += zip(start, limit, *rest)

    def _functions(self, numbers, count):
        name = self._delta(numbers, count)
        system = [value + numbers.zigzag() & NONE for value in name]
        file = self._delta(numbers, count)
        self.functions += zip(name, system, file, self._signed(numbers, count))

    def _locations(self, numbers, count):
        address = self._delta(numbers, count, 64)
        mapping = self._next(numbers, count)
        folded, lines = numbers.varints(count), numbers.varints(count)
        total = sum(lines)
        parts = list(zip(self._delta(numbers, total), self._signed(numbers, total),
                         self._signed(numbers, total)))
        at = 0
        for row in zip(address, mapping, folded, lines):
            self.locations.append(row[:3] + (parts[at:at + row[3]],))
            at += row[3]

    def _label_sets(self, numbers, count):
        sizes = numbers.varints(count)
        total = sum(sizes)
        key, string = numbers.varints(total), numbers.varints(total)
        number, unit = self._signed(numbers, total), numbers.varints(total)
        parts, at = list(zip(key, string, number, unit)), 0
        for size in sizes:
            self.label_sets.append(parts[at:at + size])
            at += size

    def _stacks(self, numbers, count):
        first = len(self.stacks)
        parents = [first + i - back for i, back in enumerate(numbers.varints(count))]
        self.stacks += zip(parents, self._delta(numbers, count))

    def _attributes(self, numbers, count):
        period = self._signed(numbers, count)
        plain = [numbers.varints(count) for _ in range(4)]
        program = self._next(numbers, count)
        sizes = numbers.varints(count)
        for row in zip(period, *plain, program, sizes):
            self.attributes.append(row[:6] + (numbers.varints(row[6]),))

    def _series(self, numbers, count):
        columns = [numbers.varints(count) for _ in range(6)]
        for *row, labels, types in zip(*columns):
            words = numbers.varints(2 * (labels + types))
            pairs = list(zip(words[::2], words[1::2]))
            self.series.append((*row, pairs[:labels], pairs[labels:]))


# ---- profiles -------------------------------------------------------------

def body_number(code, scrape):
    none = zigzag(signed(-scrape))
    if code == 1:
        code = none
    elif code == none:
        code = 1
    return signed(scrape + unzigzag(code))


def read_heads(payload, at):
    numbers = Numbers(payload)
    samples_at = at - numbers.varint()
    count = numbers.varint()
    columns = [numbers.varints(count) for _ in range(10)]
    heads, time, duration = [], 0, 0
    for row in zip(*columns):
        time = signed(time + unzigzag(row[0]))
        duration = signed(duration + unzigzag(row[1]))
        heads.append({"time": time, "duration": duration, "series": row[2],
                      "attributes": row[3], "body_time": body_number(row[4], time),
                      "body_duration": body_number(row[5], duration),
                      "number": row[6] >> 1, "change": row[6] & 1, "samples": row[7],
                      "types": row[8], "record": row[9], "samples_at": samples_at})
    for head in heads:
        head["totals"] = [numbers.zigzag() for _ in range(head["types"])]
    numbers.end()
    return heads


def read_columns(numbers, types, count):
    columns = []
    for _ in range(types):
        mode = numbers.varint()
        if mode == 0:
            columns.append([numbers.zigzag() for _ in range(count)])
        elif mode == 1 and columns:
            factor = numbers.zigzag()
            columns.append([signed(value * factor) for value in columns[-1]])
        else:
            raise Bad("column mode")
    return columns


def read_whole(data, types):
    """Stack to values, in order."""
    numbers = Numbers(data)
    stacks = numbers.list()
    columns = read_columns(numbers, types, len(stacks))
    numbers.end()
    return dict(zip(stacks, map(list, zip(*columns)))) if types else {}


def read_change(data, before, types):
    numbers = Numbers(data)
    order = list(before)
    gone, changed, added = numbers.list(), numbers.list(), numbers.list()
    columns = read_columns(numbers, types, len(changed) + len(added))
    numbers.end()
    rows = [list(row) for row in zip(*columns)]
    after = {stack: list(values) for stack, values in before.items()}
    for place, gained in zip(changed, rows):
        after[order[place]] = [signed(a + b) for a, b in zip(after[order[place]], gained)]
    for place in gone:
        del after[order[place]]
    after.update(zip(added, rows[len(changed):]))
    return dict(sorted(after.items()))


class Segment:
    """All that a segment holds; `profiles` are heads, with their samples in
    `values`, by stack."""

    def __init__(self, data):
        self.file, self.tables, self.profiles = File(data), Tables(), []
        self.footer = None
        payloads, last = {}, {}
        for at, kind, payload in self.file.frames():
            if kind == DICTIONARY:
                self.tables.read(payload)
            elif kind == SAMPLES:
                payloads[at] = payload
            elif kind == PROFILES:
                self._take(read_heads(payload, at), payloads, last)
            elif kind == FOOTER:
                self.footer = payload

    def _take(self, heads, payloads, last):
        at = 0
        for head in heads:
            data = payloads[head["samples_at"]][at:at + head["record"]]
            at += head["record"]
            before = last.get(head["series"], (-1, None))
            if head["number"] != before[0] + 1:
                raise Bad("a profile is missing")
            if head["change"]:
                values = read_change(data, before[1], head["types"])
            else:
                values = read_whole(data, head["types"])
            last[head["series"]] = head["number"], values
            head["values"] = values
            self.profiles.append(head)

    # ---- as text ----

    def text(self, string):
        return self.tables.strings[string].decode()

    def frame(self, location):
        address, mapping, folded, lines = self.tables.locations[location]
        where = None
        if mapping != NONE:
            start, limit, offset, file, build, flags = self.tables.mappings[mapping]
            where = [hex(start), hex(limit), hex(offset), self.text(file), self.text(build), flags]
        named = []
        for function, line, column in lines:
            name, system, file, start = self.tables.functions[function]
            named.append([line, column, self.text(name), self.text(system), self.text(file), start])
        return [hex(address), where, folded, named]

    def stack(self, number):
        frames, labels = [], []
        while number:
            number, step = self.tables.stacks[number]
            if step & 1:
                for key, string, value, unit in self.tables.label_sets[step >> 1]:
                    labels.append([self.text(key), self.text(string), value, self.text(unit)])
            else:
                frames.append(self.frame(step >> 1))
        return frames, sorted(labels, key=dump)

    def line(self, head):
        name, kind, period_type, period_unit, labels, types = self.tables.series[head["series"]]
        attributes = self.tables.attributes[head["attributes"]]
        tail = f"{self.text(period_type)}:{self.text(period_unit)}"
        ids = [f"{self.text(kind)}:{self.text(a)}:{self.text(b)}:{tail}" for a, b in types]
        samples = [[*self.stack(stack), values] for stack, values in head["values"].items()
                   if any(values)]
        return dump({
            "time_ns": head["time"], "duration_ns": head["duration"], "profile": self.text(name),
            "labels": [[self.text(a), self.text(b)] for a, b in labels], "types": ids,
            "totals": head["totals"], "samples": head["samples"],
            "body": [head["body_time"], head["body_duration"], attributes[0],
                     *map(self.text, attributes[1:5])],
            "comments": [self.text(comment) for comment in attributes[6]],
            "stacks": sorted(samples, key=dump)})


def dump(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def check_footer(segment):
    """What the footer says is what is there."""
    at, kind, payload = list(segment.file.frames())[-1]
    if kind != END:
        raise Bad("no end frame")
    footer_at = int.from_bytes(payload, "little")
    kind, payload, end = segment.file.frame(footer_at)
    if kind != FOOTER or end != at:
        raise Bad("the end frame leads elsewhere")
    numbers, tables = Numbers(payload), Tables()
    tables.read(numbers.bytes(numbers.varint()))
    names = [[t.strings[word] for row in t.series for word in row[:4] + sum(map(tuple, row[4] + row[5]), ())]
             for t in (tables, segment.tables)]
    if names[0] != names[1]:
        raise Bad("the footer's series differ")
    places = {kind: [] for kind in range(1, 6)}
    heads = {}
    for place, kind, payload in segment.file.frames():
        places[kind].append(place)
        if kind == PROFILES:
            heads[place] = read_heads(payload, place)
    for kind in (DICTIONARY, PROFILES):
        place = time = 0
        for expected in places[kind][:numbers.varint()]:
            place += numbers.varint()
            if place != expected:
                raise Bad("a frame is elsewhere")
            if kind == PROFILES:
                time += numbers.zigzag()
                times = [head["time"] for head in heads[place]]
                if (time, time + numbers.varint()) != (min(times), max(times)):
                    raise Bad("a frame has another time")
    for series in range(len(tables.series)):
        held = [i for i, place in enumerate(places[PROFILES])
                if any(head["series"] == series for head in heads[place])]
        count = sum(head["series"] == series for head in sum(heads.values(), []))
        if numbers.varint() != count or numbers.list() != held:
            raise Bad("a series is elsewhere")
    numbers.end()


def main():
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            segment = Segment(file.read())
        if segment.footer is not None:
            check_footer(segment)
        for head in segment.profiles:
            print(segment.line(head))


if __name__ == "__main__":
    main()
