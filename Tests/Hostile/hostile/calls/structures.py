# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The types of descriptions.txt that hold things or blocks of their own: vectors, messages, addresses, and the like."""

import struct

from hostile.calls.types import Types


class Structures(Types):
    """All types."""

    # Vectors and messages.

    def vector(self, parts: list):
        return ["p", *(field for part in parts for field in ([8, part], [8, self.pick((0, 1, 16, 64))]))]

    def iov_in(self):
        return self.vector([self.bytes(64) for _ in range(3)])

    def iov_out(self):
        return self.vector([["z", 64] for _ in range(3)])

    def header(self, vector, control, control_length: int, address=0, address_length: int = 0):
        return [[8, address], [8, address_length], [8, vector], [8, 2], [8, control], [8, control_length], [8, 0]]

    def msg(self):
        return ["p", *self.header(self.iov_in(), 0, 0, *self.pick(((0, 0), (self.sockaddr(), 16))))]

    def msg_out(self):
        return ["p", *self.header(self.iov_out(), ["z", 256], 256, ["z", 128], 128)]

    def msg_rights(self):
        count = self.pick((1, 1, 3, 250))
        things = [self.things("fd") for _ in range(min(count, 3))]
        control = ["p", struct.pack("<qii", 16 + 4 * count, 1, 1).hex(),
                   *([4, things[i % len(things)]] for i in range(count)), "00000000"]
        return ["p", *self.header(self.iov_in(), control, 16 + (4 * count + 7) // 8 * 8)]

    def msg_control(self):
        level, kind = self.pick(((0, 8), (0, 1), (0, 2), (41, 50), (41, 52), (41, 54), (1, 37), (1, 61), (17, 103)))
        control = self.block("qii", 24, level, kind) + ["01000000" * 2]
        return ["p", *self.header(self.iov_in(), control, 24, self.sockaddr(), 16)]

    def mmsg(self):
        return ["p", *self.header(self.iov_in(), 0, 0), [8, 0], *self.header(self.iov_in(), 0, 0), [8, 0]]

    def mmsg_out(self):
        return ["p", *self.header(self.iov_out(), 0, 0), [8, 0], *self.header(self.iov_out(), ["z", 256], 256), [8, 0]]

    # Sockets, of which each sandbox has its own loopback.

    def sockaddr(self):
        port = self.pick((0, 0, 1, 80, 8080, 40000, 40001, 40002))
        address = self.pick(("7f000001", "7f000001", "00000000", "7fffffff", "e0000001", "0a000001", "ffffffff"))
        internet = struct.pack(">H", port).hex() + address
        local = self.pick((b"/tmp/socket", b"\0abstract", b"s", b"", b"\0"))
        return ["p", self.pick((
            "0200" + internet, "0a00" + struct.pack(">H", port).hex() + "00" * 4 + "00" * 15 + "01" + "00" * 4,
            "0100" + local.hex(), "1000" + "0000" + "00" * 4 + "00000000", "0000" + internet)) + "00" * 112]

    def nlmsg(self):
        # RTM_GETLINK, GETADDR, GETROUTE, NEWLINK, NEWADDR, DELLINK, GETNEIGH, GETRULE, GETQDISC, GETNSID, NEWROUTE.
        kind = self.pick((18, 22, 26, 16, 20, 17, 30, 34, 38, 90, 24, 82, 66, 94))
        return self.block("IHHII", 36, kind, self.pick((0x301, 1, 0x605, 5, 0x401)), 1, 0) + ["00" * 20]

    def ifreq(self):
        return ["p", self.pick((b"lo", b"eth0", b"", b"a")).ljust(16, b"\0").hex(), self.chance.randbytes(24).hex()]

    # What is waited for.

    def pollfds(self):
        return ["p", *(field for _ in range(4)
                       for field in ([4, self.things("fd")], [2, self.pick((1, 4, 5, 0x3FFF))], [2, 0]))]

    def epoll_event(self):
        events = self.pick((1, 4, 5, 0x80000001, 0x40000001, 0x10000001, 0x20000005, 0x2019))
        return self.block("IQ", events, 7)

    def fdset(self):
        return self.block("QQ", self.pick((0, 8, 0xFF, 0x3F8)), 0)

    def waitv(self):
        return ["p", *(field for _ in range(2)
                       for field in ([8, 0], [8, self.word()], [4, self.pick((2, 0x82))], [4, 0]))]

    def robust(self):
        return ["p", [8, self.page()], [8, self.pick((0, 8, -8))], [8, self.word()]]

    # Files.

    def flock(self):
        return self.block("hhiqqi", self.pick((0, 1, 2)), 0, 0, self.offset(), self.msglen(), 0) + ["00" * 8]

    def owner(self):
        return ["p", [4, self.pick((0, 1, 2))], [4, self.things("pid")]]

    def open_how(self):
        return self.block("QQQ", self.pick((0o102, 0, 0o200000, 0o10000000)), self.pick((0o600, 0)),
                          self.pick((0, 1, 2, 4, 8, 16, 32)))

    def xattr_args(self):
        return ["p", [8, self.bytes(64)], [4, 64], [4, 0]]

    # Processes.

    def cpus(self):
        return self.block("Q", self.pick((1, 2, 3, 0, 2**64 - 1)))

    def limit(self):
        return self.block("QQ", self.pick((0, 1, 64, 4096, 1 << 20, 2**64 - 1)),
                          self.pick((64, 4096, 1 << 20, 2**64 - 1)))

    def sched_attr(self):
        policy = self.pick((0, 3, 5, 6, 7, 1))
        return self.block("IIQiIQQQII", 56, policy, self.pick((0, 1, 2, 4, 8, 0x60)), 0, 0, 1_000_000, 10_000_000,
                          10_000_000, 0, 512)

    def caphdr(self):
        return ["p", "22050820", [4, self.things("pid")]]

    def landlock(self):
        return self.block("QQQ", self.pick((1, 0x1FFF, 0xFFFF)), self.pick((0, 1, 3)),
                          self.pick((0, 1, 2, 3)))

    def landlock_path(self):
        return ["p", struct.pack("<Q", self.pick((1, 4, 0x1FFF))).hex(), [4, self.things("dir")]]

    # Semaphores and queues.

    def sembuf(self):
        return self.block("HhhHhh", self.small(), self.pick((-1, 0, 1, 32767)), self.pick((0, 0x800, 0x1000)),
                          0, self.pick((-1, 1)), 0x1800)

    def mqattr(self):
        return self.block("qqqq", 0, self.pick((1, 8, 10, 65536)), self.pick((1, 64, 8192)), 0) + ["00" * 32]
