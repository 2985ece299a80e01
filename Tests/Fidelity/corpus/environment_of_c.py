# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["B", "2"], ["A", "1"], ["EMPTY", ""]]}
import ctypes
import os
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
print([libc.getenv(name) for name in (b"A", b"B", b"EMPTY", b"HOME", b"PATH", b"LANG", b"OUTPOST_PRELOAD", b"NONE")])
print([name for name in ("_", "OLDPWD", "PWD", "SHLVL") if name in os.environ])
variables = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
index = 0
while variables[index] is not None:
    print(variables[index])
    index += 1
os.putenv("C", "3")
print(libc.getenv(b"C"), os.environ.get("C"))
