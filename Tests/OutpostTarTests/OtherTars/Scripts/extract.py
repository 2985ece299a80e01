#!/usr/bin/python3
# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Unpacks an archive with Python's tarfile.

usage: extract.py ARCHIVE DIRECTORY
"""
import sys
import tarfile


def main():
    archive, directory = sys.argv[1:]
    with tarfile.open(archive, encoding="utf-8", errors="surrogateescape") as tar:
        if hasattr(tarfile, "fully_trusted_filter"):
            tar.extraction_filter = staticmethod(tarfile.fully_trusted_filter)
        tar.extractall(directory, numeric_owner=True)


main()
