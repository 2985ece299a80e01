# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Calls that come to something only together, and hardly would by chance: connections, messages, children, waiting sets.

A recipe gets the types and the index of its first call, and gives for each call its name, its arguments, and the things it
makes, as kind and reference.
"""

import struct

# SIGCHLD alone: a child as fork makes it.
CHILD = 17


def connection(family: int, kind: int, address):
    """Two sockets that are connected over the loopback, one with bytes in it, and the one that listens."""
    def recipe(types, first: int):
        at, length = address(types)
        name = {1: "unix", 2: "tcp", 10: "tcp"}[family]
        server, client, accepted = (["r", first + place] for place in (0, 3, 5))
        return [
            ("socket", [family, kind, 0], [(name, server)]), ("bind", [server, at, length], []),
            ("listen", [server, types.small()], []), ("socket", [family, kind | 0x800, 0], [(name, client)]),
            ("connect", [client, at, length], []), ("accept4", [server, 0, 0, 0x800], [(name, accepted)]),
            ("sendto", [client, types.bytes(4096), types.len(), 0x40, 0, 0], []),
        ]
    return recipe


def port(types, family: int):
    number = struct.pack(">H", 20_000 + types.chance.randrange(1000)).hex()
    return ((["p", "0200" + number + "7f000001" + "00" * 8], 16) if family == 2
            else (["p", "0a00" + number + "00" * 4 + "00" * 15 + "01" + "00" * 4], 28))


def abstract(types):
    return ["p", "010000" + types.chance.randbytes(4).hex()], 7


def datagrams(types, first: int):
    at, length = port(types, 2)
    server, client = ["r", first], ["r", first + 2]
    return [
        ("socket", [2, 0x802, 0], [("udp", server)]), ("bind", [server, at, length], []),
        ("socket", [2, 0x802, 0], [("udp", client)]), ("connect", [client, at, length], []),
        ("sendto", [client, types.bytes(4096), types.len() % 60_000, 0x40, 0, 0], []),
    ]


def rights_in_a_circle(types, first: int):
    """A pair of sockets of which each waits in the other's queue: what only the kernel's collector can free."""
    one, other = ["o", first, 0], ["o", first, 4]

    def message(descriptor):
        control = ["p", struct.pack("<qii", 20, 1, 1).hex(), [4, descriptor], "00000000"]
        return ["p", [8, 0], [8, 0], [8, ["p", [8, types.bytes(8)], [8, 8]]], [8, 1], [8, control], [8, 24], [8, 0]]

    return [
        ("socketpair", [1, types.chance.choice((1, 2, 5)), 0, ["k", 8]], [("unix", one), ("unix", other)]),
        ("sendmsg", [one, message(other), 0x40], []), ("sendmsg", [other, message(one), 0x40], []),
        ("close", [one], []), ("close", [other], []),
    ]


def child_and_pidfd(types, first: int):
    pid, descriptor = ["r", first], ["r", first + 1]
    return [("clone", [CHILD, 0, 0, 0, 0], [("pid", pid)]), ("pidfd_open", [pid, types.chance.choice((0, 0x800))],
                                                            [("pidfd", descriptor)]),
            ("pidfd_send_signal", [descriptor, types.chance.choice((0, 10, 19, 9)), 0, 0], [])]


def full_pipe(types, first: int):
    ends = [["o", first, 0], ["o", first, 4]]
    return [("pipe2", [["k", 8], 0x800], [("pipe", end) for end in ends]),
            ("write", [ends[1], types.bytes(4096), 4096], []),
            ("tee", [ends[0], 1, 4096, 2], []), ("fcntl", [ends[1], 1031, types.len()], [])]


def watched(types, first: int):
    """An epoll set of an epoll set."""
    inner, outer, event = ["r", first], ["r", first + 1], ["r", first + 2]
    waits = ["p", "01000080" + "00" * 8]
    return [("epoll_create1", [0], [("epoll", inner)]), ("epoll_create1", [0], [("epoll", outer)]),
            ("eventfd2", [1, 0x800], [("eventfd", event)]), ("epoll_ctl", [inner, 1, event, waits], []),
            ("epoll_ctl", [outer, 1, inner, waits], []), ("epoll_wait", [outer, ["z", 256], 16, 0], [])]


def mapped_file(types, first: int):
    """A file that is mapped and then shorter than its mapping."""
    file = ["r", first]
    page = types.page()
    return [("openat", [-100, types.text("mapped"), 0o102, 0o600], [("file", file)]),
            ("ftruncate", [file, 1 << 20], []), ("mmap", [page, 65536, 3, 0x11, file, 0], []),
            ("write", [file, page, 65536], []), ("ftruncate", [file, 4096], []), ("msync", [page, 4096, 4], [])]


def queue_with_notice(types, first: int):
    queue = ["r", first]
    attributes = types.block("8q", 0, 4, 64, *5 * [0])
    return [("mq_open", [types.text("n"), 0o4102, 0o600, attributes], [("mq", queue)]),
            ("mq_notify", [queue, types.sigevent()], []), ("mq_timedsend", [queue, types.bytes(64), 64, 1, 0], []),
            ("mq_timedreceive", [queue, ["z", 8192], 8192, 0, 0], [])]


RECIPES = (
    connection(2, 1, lambda types: port(types, 2)), connection(10, 1, lambda types: port(types, 10)),
    connection(1, 1, abstract), connection(1, 5, abstract), datagrams, rights_in_a_circle, child_and_pidfd, full_pipe, watched,
    mapped_file, queue_with_notice,
)
