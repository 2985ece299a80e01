# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The types of descriptions.txt: what a call gets for each, made at random.

An argument is a number, or a list that the interpreter (program.py) turns into one: `["r", i]` is what call i gave,
`["o", i, n]` the 32 bits at n of what it left behind, `["z", n]` a block of n zero bytes, `["k", n]` the same that is left
behind, `["p", part…]` a block of parts (hexadecimal, or `[width, argument]`), `["g", n]` page n of the arena, `["q", n]` a
process.
"""

import struct

from hostile.calls.values import FLAGS, ODD, PROC, PROGRAMS, SHARED, SIGNALS, SIZES, VALUES, WRITABLE

PAGES = 64
FUTEX_PAGE = 60


class Types:
    """Makes arguments. `chance` decides, and `things` gives what earlier calls have made."""

    def __init__(self, chance, things):
        self.chance = chance
        self.pick = chance.choice
        self.things = things

    def make(self, type: str):
        """An argument of the type, in one of a few dozen an odd one."""
        if type[0] in "-0123456789":
            return int(type, 8 if type.startswith("0") and type[1:].isdigit() else 0)
        if self.chance.random() < 0.02:
            return self.odd()
        if type[:2] == "f.":
            return self.flags(FLAGS[type[2:]])
        if type[:2] == "e.":
            return self.pick(VALUES[type[2:]])
        if type[0] == ".":
            return self.things(type[1:])
        return getattr(self, type)()

    def flags(self, known) -> int:
        value = known[0] if self.chance.random() < 0.5 else 0
        for _ in range(self.pick((0, 1, 1, 2))):
            value |= self.pick(known)
        return value

    # Numbers.

    def odd(self) -> int:
        return self.pick(ODD) if self.chance.random() < 0.8 else self.chance.getrandbits(64) - 2**63

    def small(self) -> int:
        return self.pick((0, 1, 1, 2, 3, 4, 8, 16, 31, 64))

    def short(self) -> int:
        return self.pick((0, 0, 1, 5, 20))

    def high(self) -> int:
        return self.pick((10, 20, 50, 100, 500, 1023))

    def len(self) -> int:
        return self.pick(SIZES)

    def msglen(self) -> int:
        return self.pick((0, 1, 8, 100, 1024, 4096, 8192))

    def offset(self) -> int:
        return self.pick((0, 0, 1, 4095, 4096, 65536, 1 << 20, 1 << 32, (1 << 63) - 4096))

    def mode(self) -> int:
        return self.pick((0o600, 0o644, 0o777, 0, 0o1777, 0o4755, 0o2755))

    def fifo_mode(self) -> int:
        return self.pick((0o10600, 0o10600, 0o140600, 0o100600, 0o20600, 0o60600))

    def uid(self) -> int:
        return self.pick((0, 1000, 1000, -1, 1, 65534, 65535, 65536))

    def nice(self) -> int:
        return self.pick((-20, -1, 0, 5, 19))

    def ioprio(self) -> int:
        return self.pick((0, 1, 2, 3)) << 13 | self.pick((0, 4, 7))

    def sig(self) -> int:
        return self.pick(SIGNALS)

    def sockaddr_len(self) -> int:
        return self.pick((16, 16, 28, 110, 2, 3, 12, 0))

    # Memory that is mapped, protected and advised upon: the arena only, so that the interpreter lives on.

    def page(self):
        return ["g", self.chance.randrange(PAGES)]

    def pages(self) -> int:
        return 4096 * self.pick((1, 1, 2, 4, 16, 64, 512, 4096))

    def pageoff(self) -> int:
        return 4096 * self.pick((0, 0, 1, 16, 1 << 30))

    def word(self):
        return ["g", FUTEX_PAGE + self.chance.randrange(2)]

    def shared_word(self):
        return ["g", FUTEX_PAGE + 2]

    # Blocks of bytes.

    def block(self, format: str, *values):
        return ["p", struct.pack("<" + format, *values).hex()]

    def text(self, text: str):
        return ["p", text.encode().hex() + "00"]

    def out(self):
        return ["z", self.pick((256, 4096, 65536))]

    def zeroes(self):
        return ["z", 64]

    def bytes(self, least: int):
        pattern = self.pick((b"\0", b"\1", b"\xff", b"a", self.chance.randbytes(32),
                             struct.pack("<Q", self.odd() % 2**64)))
        return ["p", (pattern * (least // len(pattern) + 1))[:least].hex()]

    # `in` is a word of Python's.
    def input(self):
        return self.bytes(self.pick((16, 64, 64, 512)))

    odd_in = input

    def int(self):
        return self.block("q", self.pick((0, 1, 2, 100, 4096, 1 << 20, -1, self.odd() % 2**31)))

    def sixteen(self):
        return self.block("q", self.pick((16, 128, 4, 0)))

    def offset_at(self):
        return self.block("q", self.offset())

    def pair(self):
        return ["k", 8]

    timer_at = pidfd_at = pair

    # Paths and names.

    def path(self):
        return self.text(self.pick(WRITABLE if self.chance.random() < 0.85 else SHARED + PROC))

    def shared(self):
        return self.text(self.pick(SHARED))

    def proc(self):
        return self.text(self.pick(PROC))

    def directory(self):
        return self.text(self.pick((".", "d", "/tmp", "/dev/shm", "/usr", "/", "d/..", "/proc/self/fd")))

    def ptmx(self):
        return self.text(self.pick(("/dev/ptmx", "/dev/pts/ptmx", "/dev/tty")))

    def program(self):
        return self.text(self.pick(PROGRAMS))

    def empty(self):
        return self.text("")

    def name(self):
        return self.text(self.pick(("a", "", "name", "x" * 300)))

    def xattr(self):
        return self.text(self.pick(("user.a", "user.b", "user." + "x" * 250, "security.a", "trusted.a",
                                             "system.posix_acl_access", "security.capability", "nothing", "")))

    def mqname(self):
        return self.text(self.pick(("a", "b", "c", "", "x" * 260)))

    def argv(self):
        return ["p", [8, self.text("true")], [8, self.text("0.05")], [8, 0]]

    # Times and signals; no wait is longer than what a sequence may take.

    def nanoseconds(self) -> int:
        return self.pick((0, 1, 1000, 1_000_000, 20_000_000, 999_999_999))

    def ts(self):
        return self.block("qq", self.pick((0, 0, 0, 1, -1)), self.nanoseconds())

    def tv(self):
        return self.block("qq", 0, self.nanoseconds() // 1000)

    def ts2(self):
        return self.block("qqqq", self.odd() % 2**63, self.pick((0, 0x3FFFFFFF, 0x3FFFFFFE)), 1, 0)

    def tv2(self):
        return self.block("qqqq", 1, 2, self.odd() % 2**63, 3)

    def its(self):
        return self.block("qqqq", 0, self.nanoseconds(), 0, self.nanoseconds())

    def itv(self):
        return self.block("qqqq", 0, self.nanoseconds() // 1000, 0, 20_000)

    def sigset(self):
        return self.block("Q", self.pick((0, 2**64 - 1, 1 << 16, 1 << 13, 0x3FF)))

    def sigaction(self):
        # SIG_IGN or SIG_DFL; flags.
        return self.block("QQQQ", self.pick((0, 1)), self.pick((0, 1, 2, 4, 0x10000000, 0x40000000)), 0, 0)

    def sigevent(self):
        return ["p", struct.pack("<qii", 1, self.pick((14, 10, 34, 64)), self.pick((0, 1, 1, 2, 4))).hex(),
                [4, ["q", 0]], "00" * 44]

    def siginfo(self):
        return self.block("iiii", self.sig(), 0, self.pick((-1, -2, -6, 0)), 0) + ["00" * 112]

    def altstack(self):
        return ["p", [8, self.page()], struct.pack("<qq", self.pick((0, 2, 1 << 31)), self.pages()).hex()]


setattr(Types, "in", Types.input)
