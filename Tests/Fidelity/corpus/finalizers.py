# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import weakref


class Item:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


first, second = Item("first"), Item("second")
first.other, second.other = second, first
weakref.finalize(first, print, "finalize first")
kept = Item("kept")
weakref.ref(kept, lambda reference: print("gone"))
