"""Just enough of pprof's wire format to play a target and to check an export."""

import gzip


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def packed(field, values):
    return data(field, b"".join(varint(value) for value in values))


def encode(types, samples, period_type=("", ""), period=0, time_ns=0, duration_ns=0):
    """gzip of a profile.  `types` are (type, unit); `samples` map a stack of
    function names, leaf first, to one value a type."""
    strings = {"": 0}

    def text(value):
        return strings.setdefault(value, len(strings))

    functions = {}
    out = b"".join(data(1, number(1, text(t)) + number(2, text(u))) for t, u in types)
    for stack, values in samples.items():
        ids = [functions.setdefault(name, len(functions) + 1) for name in stack]
        out += data(2, packed(1, ids) + packed(2, values))
    for name, identity in functions.items():
        line = number(1, identity) + number(2, 10 + identity)
        out += data(4, number(1, identity) + data(4, line))
        out += data(5, number(1, identity) + number(2, text(name)) + number(3, text(name)))
    out += number(9, time_ns) + number(10, duration_ns)
    out += data(11, number(1, text(period_type[0])) + number(2, text(period_type[1])))
    out += number(12, period)
    out += b"".join(data(6, string.encode()) for string in strings)
    return gzip.compress(out, mtime=0)


def fields(content):
    """Yields (field, value): an int, or bytes."""
    at = 0

    def read():
        nonlocal at
        shift = value = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(content):
        key = read()
        if key & 7 == 0:
            yield key >> 3, read()
        elif key & 7 == 2:
            size = read()
            yield key >> 3, content[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {key & 7}")


def signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


def integers(content, field):
    """The values of a repeated integer field, packed or not."""
    out = []
    for key, value in fields(content):
        if key == field and isinstance(value, int):
            out.append(signed(value))
        elif key == field:
            out += [signed(v) for _, v in fields(b"".join(
                b"\x08" + piece for piece in split_varints(value)))]
    return out


def split_varints(content):
    start = 0
    for at, byte in enumerate(content):
        if byte < 0x80:
            yield content[start:at + 1]
            start = at + 1


def decode(body):
    """{'types', 'samples': [(values, labels)], 'duration_ns', 'time_ns', 'functions'}"""
    raw = list(fields(gzip.decompress(body)))
    strings = [value.decode() for key, value in raw if key == 6]

    def type_of(content):
        parts = dict(fields(content))
        return strings[parts.get(1, 0)], strings[parts.get(2, 0)]

    def labels_of(content):
        out = {}
        for key, value in fields(content):
            if key == 3:
                parts = dict(fields(value))
                out[strings[parts.get(1, 0)]] = strings[parts.get(2, 0)] or parts.get(3, 0)
        return out

    last = {key: value for key, value in raw if isinstance(value, int)}
    return {
        "types": [type_of(value) for key, value in raw if key == 1],
        "samples": [(integers(value, 2), labels_of(value)) for key, value in raw if key == 2],
        "functions": {strings[dict(fields(value)).get(2, 0)] for key, value in raw if key == 5},
        "time_ns": last.get(9, 0),
        "duration_ns": last.get(10, 0),
        "period": last.get(12, 0),
    }


CPU_TYPES = (("samples", "count"), ("cpu", "nanoseconds"))
HEAP_TYPES = (("alloc_objects", "count"), ("alloc_space", "bytes"),
              ("inuse_objects", "count"), ("inuse_space", "bytes"))
