"""Cycles through the main module's names, its functions and classes are finalized at the end, each once."""
import os
import weakref


class Node:
    def __init__(self, name):
        self.name = name
        self.other = None

    def __del__(self):
        os.write(1, f"finalized {self.name} {type(self).__name__} {helper.__name__}\n".encode())


def helper():
    return first, second


first, second = Node("first"), Node("second")
first.other, second.other = second, first
lonely = Node("lonely")
watched = Node("watched")
watch = weakref.ref(watched, lambda reference: os.write(1, b"weak reference cleared\n"))
helper.attribute = Node("attribute of a function")
print("main ends", flush=True)
