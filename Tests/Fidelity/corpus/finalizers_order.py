# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
class Item:
    def __init__(self, name):
        self.name = name

    def __del__(self, print=print):
        print("del", self.name)


a, b, _c = Item("a"), Item("b"), Item("c")
import sys
sys.item = Item("of sys")
import builtins
builtins.item = Item("of builtins")
import os
os.item = Item("of os")
