# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys


class Item:
    def __del__(self):
        raise ValueError("in del")


sys.unraisablehook = lambda told: print(told.err_msg, told.exc_type, told.exc_value, told.object.__name__)
item = Item()
del item
