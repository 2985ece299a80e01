# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"expect": "differs"}
# The kernel gives these to a process when it is executed.
import ctypes
libc = ctypes.CDLL(None)
libc.getauxval.restype = ctypes.c_ulong
libc.arc4random.restype = ctypes.c_uint
print(libc.arc4random(), libc.arc4random())
