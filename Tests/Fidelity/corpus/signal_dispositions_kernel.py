# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# The kernel's view, with the flags, which Python does not show.
import ctypes
libc = ctypes.CDLL(None)
for number in range(1, 65):
    old = (ctypes.c_ulong * 20)()
    if libc.sigaction(number, None, old) == 0:
        handler = {0: "default", 1: "ignore"}.get(old[0], "handler")
        print(number, handler, hex(old[17] & 0xFFFFFFFF & ~0x04000000), [bin(word) for word in old[1:2]])
