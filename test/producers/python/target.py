#!/usr/bin/env python3
"""A program that spins and holds memory, profiled by pypprof: CPU time and wall
time by zprofile, the heap by mprofile, threads by itself.  It serves all of them as
Go's net/http/pprof does, one at a time, without a length, by HTTP/1.0."""

import mprofile
import pypprof.net_http


def python_spins():
    return sum(number * number for number in range(10000))


def python_holds():
    return [bytearray(4096) for _ in range(4096)]


mprofile.start(sample_rate=64 << 10)
held = python_holds()
server = pypprof.net_http.start_pprof_server("127.0.0.1", 0)
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
while True:
    python_spins()
