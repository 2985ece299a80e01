# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group R: memory that waits in sockets and that the kernel charges to nobody, on a host that is short of memory."""

from hostile.bench import ended
from hostile.case import case, expect
from hostile.probe import probe, program
from hostile.scratch_server import scratch_server

# The server takes the host's memory for short at any time.
SHORT = {"low_memory_percent": 100}
LIMIT = {"memory_mb": 64, "timeout_ms": 60000}

# Each way takes 208 KiB and more for each of 600 sockets or listeners, so twice the limit, and stays alive. A way that has
# got there reports it, which makes the case fail.
SETUP = """
target = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
target.bind(('127.0.0.1', 0))
kept = []
def fill(one, send):
    kept.append(one)
    one.setblocking(False)
    try:
        for _ in range(400): send()
    except OSError: pass
def one_more(kind):
    if kind == 'netlink':
        one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        fill(one, lambda: one.send(struct.pack('IHHII', 32768, 9999, 5, 0, 0) + bytes(32752)))
    elif kind == 'netlink-dump':
        one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        fill(one, lambda: one.send(struct.pack('IHHIIBxHiII', 32, 18, 1, 0, 0, 0, 0, 1, 0, 0)))
    elif kind in ('udp-times', 'udp6-times'):
        family = socket.AF_INET6 if kind[3] == '6' else socket.AF_INET
        one = socket.socket(family, socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, 37, 1 << 1 | 1 << 4)
        address = ('::1', target.getsockname()[1]) if kind[3] == '6' else target.getsockname()
        fill(one, lambda: one.sendto(bytes(30_000), address))
    elif kind == 'udp-refused':
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_IP, 11, 1)
        def refused():
            try: one.sendto(bytes(500), ('127.0.0.1', 9))
            except ConnectionRefusedError: pass
        fill(one, refused)
    elif kind == 'unaccepted':
        listener = socket.socket()
        listener.bind(('127.0.0.1', 0))
        listener.listen(1 << 30)
        kept.append(listener)
        for _ in range(128):
            one = socket.socket()
            one.setblocking(False)
            try: one.connect(listener.getsockname())
            except BlockingIOError: pass
            try: one.send(bytes(60_000))
            except OSError: pass
            one.close()
for number in range({sockets}): one_more({kind!r})
time.sleep(30)
show(len(kept))
"""


def way(kind: str, sockets: int) -> str:
    return program(SETUP.replace("{sockets}", str(sockets)).replace("{kind!r}", repr(kind)))


WAYS = {"netlink": 600, "udp-times": 600, "udp6-times": 600, "unaccepted": 40}


@case("R19", "hold more data in sockets than the run's memory limit, where the kernel charges it to nobody, on a host that is short of memory: answers of netlink, copies of packets, connections that nobody accepts",
      "the run ends as out of memory; one beside it with as many empty sockets goes on", quick=True)
def sockets_full(bench):
    with scratch_server(bench.server.program, **SHORT) as server:
        own = type(bench)(server, None)
        for kind, count in WAYS.items():
            result = own.python(way(kind, count), resource_limits=LIMIT)
            expect(ended(result, "out_of_memory"), kind)
        idle = probe(own, INNOCENT, resource_limits={"memory_mb": 256, "timeout_ms": 60000})
    expect(idle == [300, 300, 100], f"sockets with nothing in them: {idle}")
    return f"{len(WAYS)} ways ended, 700 sockets with nothing in them did not"


INNOCENT = """
datagrams = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(300)]
routes = [socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) for _ in range(300)]
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(128)
pairs = []
for _ in range(100):
    one = socket.socket()
    one.connect(listener.getsockname())
    pairs.append((one, listener.accept()[0]))
for _ in range(20):
    for one, other in pairs:
        one.sendall(bytes(10_000))
        rest = 10_000
        while rest: rest -= len(other.recv(rest))
    time.sleep(0.1)
show([len(datagrams), len(routes), len(pairs)])
"""
