# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"expect": "differs"}
import ctypes
libc = ctypes.CDLL(None)
libc.arc4random.restype = ctypes.c_uint
print(libc.arc4random(), libc.arc4random())
