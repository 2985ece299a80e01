# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"security": {"preset": "debug"}}
import ctypes
print(ctypes.CDLL(None).ptrace(0, 0, 0, 0))
