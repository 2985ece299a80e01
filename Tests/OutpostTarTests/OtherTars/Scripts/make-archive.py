#!/usr/bin/python3
# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes an archive of a tree with Python's tarfile.

usage: make-archive.py ustar|gnu|pax TREE ARCHIVE
"""
import os
import sys
import tarfile

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def main():
    form, tree, archive = sys.argv[1:]
    os.chdir(tree)
    with tarfile.open(archive, "w", format=FORMATS[form], encoding="utf-8", errors="surrogateescape") as tar:
        for name in sorted(os.listdir(".")):
            tar.add(name)


main()
