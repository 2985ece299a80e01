# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys


def hook(kind, value, trace):
    print("hook", kind.__name__, value, trace.tb_lineno)
    raise OSError("in the hook")


sys.excepthook = hook
raise ValueError("first")
