# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import ctypes
libc = ctypes.CDLL(None)
# Death signal, dumpable, securebits, child subreaper, timer slack, no new privileges, THP, speculation of stores.
for number in (1, 2, 3, 7, 8, 27, 30, 37, 39, 42):
    value = ctypes.c_int()
    print(number, libc.prctl(number, ctypes.byref(value) if number in (2, 37) else 0, 0, 0, 0), value.value)
