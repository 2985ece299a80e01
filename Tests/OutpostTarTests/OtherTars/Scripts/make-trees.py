#!/usr/bin/python3
# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes three trees of files for the archives of the tests.

usage: make-trees.py DIRECTORY

v7 has only what the oldest format can hold, ustar what POSIX's could hold first, all everything.
"""
import os
import sys

SECONDS = 1_700_000_000


class Tree:
    def __init__(self, root):
        self.root = os.fsencode(root)
        self.times = {}
        os.mkdir(self.root)

    def path(self, name):
        path = os.path.join(self.root, name if isinstance(name, bytes) else name.encode())
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def file(self, name, content=b"", mode=0o644, owner=(0, 0), time=SECONDS, attributes=()):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(content)
        self.finish(path, mode, owner, time)
        for key, value in attributes:
            os.setxattr(path, key, value)

    def sparse(self, name, size, parts):
        path = self.path(name)
        with open(path, "wb") as file:
            for offset in parts:
                file.seek(offset)
                file.write(b"%d" % offset * 100)
            file.truncate(size)
        self.finish(path, 0o600, (0, 0), SECONDS)

    def finish(self, path, mode, owner, time):
        os.chown(path, *owner, follow_symlinks=False)
        if mode is not None:
            os.chmod(path, mode)
        self.times[path] = time

    def directory(self, name, mode):
        path = self.path(name)
        os.mkdir(path)
        self.finish(path, mode, (0, 0), SECONDS)

    def link(self, name, target):
        path = self.path(name)
        os.symlink(target, path)
        self.finish(path, None, (0, 0), SECONDS)

    def hard_link(self, name, target):
        os.link(self.path(target), self.path(name))

    def node(self, name, mode, device=0):
        path = self.path(name)
        os.mknod(path, mode, device)
        self.finish(path, 0o640, (0, 0), SECONDS)

    def set_times(self):
        for folder, folders, files in os.walk(self.root, topdown=False):
            for name in folders + files:
                path = os.path.join(folder, name)
                time = int(self.times.get(path, SECONDS) * 10**9)
                os.utime(path, ns=(time, time), follow_symlinks=False)


def add_old(tree):
    tree.file("empty")
    tree.file("small", b"abc", 0o4755, (1000, 100))
    tree.file("block", bytes(range(256)) * 2)
    tree.file("block and a byte", b"x" * 513, 0o400)
    tree.file("large", bytes(range(256)) * 1500)
    tree.file("n" * 97, b"name")
    tree.directory("directory", 0o1777)
    tree.file("directory/in it", b"in it")
    tree.link("link", "small")
    tree.hard_link("small again", "small")


def add_ustar(tree):
    tree.file("p" * 90 + "/" + "q" * 60 + "/" + "n" * 100, b"split")
    tree.file("name of a hundred bytes " + "n" * 76, b"hundred")
    tree.link("link of a hundred bytes", "t" * 100)
    tree.node("fifo", 0o010000)
    tree.node("character device", 0o020000, os.makedev(1, 3))
    tree.node("block device", 0o060000, os.makedev(7, 300))


def add_all(tree):
    tree.file("long/" + "n" * 200, b"long name")
    tree.file("/".join(["deep" * 10] * 12) + "/file", b"deep")
    tree.link("long link", "t" * 250)
    tree.hard_link("hard link to a long name", "long/" + "n" * 200)
    tree.file("large ids", b"ids", 0o644, (3_000_000, 2**32 - 2))
    tree.file("before 1970", b"old", time=-1000)
    tree.file("after 2242", b"new", time=2**33 + 5)
    tree.file("between seconds", b"quarter", time=SECONDS + 0.25)
    tree.file("grüße 文", b"utf-8")
    tree.file(b"not utf-8 \xff\xfe", b"bytes")
    tree.file("new\nline", b"line")
    tree.file("attributes", b"x", attributes=[
        ("user.text", b"value"), ("user.bytes", b"\0\n=\xff"), ("user.empty", b""), ("user.long", b"v" * 600)])
    tree.sparse("sparse", 2**20, [0, 40960, 500000])
    tree.sparse("sparse in many parts", 2**20, [2**14 * part for part in range(1, 60)])
    tree.sparse("with a long name/" + "long" * 40, 2**20 + 7, [2**20 - 93])
    tree.sparse("only a hole", 2**20, [])


def main():
    for name, steps in {"v7": [add_old], "ustar": [add_old, add_ustar], "all": [add_old, add_ustar, add_all]}.items():
        tree = Tree(os.path.join(sys.argv[1], name))
        for step in steps:
            step(tree)
        tree.set_times()


main()
