"""What belongs to one cycle is finalized in an order that the collector does not promise."""
import os


class Node:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        os.write(1, f"finalized {self.name} {helper.__name__}\n".encode())


def helper():
    return Node


helper.attribute = Node("attribute of a function")
Node.shared = Node("attribute of a class")
