#!/usr/bin/python3
# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Describes an archive as Python's tarfile reads it, or a tree of files, as JSON.

usage: describe.py archive|tree PATH
"""
import decimal
import json
import os
import stat
import sys
import tarfile
import zlib

TYPES = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.CONTTYPE: "file", tarfile.GNUTYPE_SPARSE: "file",
         tarfile.LNKTYPE: "hard link", tarfile.SYMTYPE: "link", tarfile.DIRTYPE: "directory",
         tarfile.CHRTYPE: "character device", tarfile.BLKTYPE: "block device", tarfile.FIFOTYPE: "fifo"}
MODES = {stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFDIR: "directory", stat.S_IFCHR: "character device",
         stat.S_IFBLK: "block device", stat.S_IFIFO: "fifo"}
ATTRIBUTE = "SCHILY.xattr."


def raw(text):
    return text.encode("utf-8", "surrogateescape")


def real_name(member):
    """Python takes the made-up name of a sparse file for its name if that is so long that it has a record too."""
    return member.pax_headers.get("GNU.sparse.name", member.name)


def archive_time(member):
    exact = decimal.Decimal(member.pax_headers.get("mtime", member.mtime))
    seconds = exact.to_integral_value(decimal.ROUND_FLOOR)
    return [int(seconds), int((exact - seconds) * 10**9)]


def described_member(tar, member):
    kind = TYPES[member.type]
    content = tar.extractfile(member).read() if kind == "file" else b""
    is_device = kind in ("character device", "block device")
    return {
        "path": raw(real_name(member)).hex(), "kind": kind, "mode": member.mode & 0o7777, "uid": member.uid,
        "gid": member.gid, "size": len(content), "checksum": zlib.crc32(content), "time": archive_time(member),
        "target": raw(member.linkname).hex() if kind in ("link", "hard link") else "",
        "device": [member.devmajor, member.devminor] if is_device else [0, 0],
        "attributes": {raw(name.removeprefix(ATTRIBUTE)).hex(): raw(value).hex()
                       for name, value in member.pax_headers.items() if name.startswith(ATTRIBUTE)}}


def described_archive(path):
    with tarfile.open(path, encoding="utf-8", errors="surrogateescape") as tar:
        return [described_member(tar, member) for member in tar]


def content_of(path):
    with open(path, "rb") as file:
        return file.read()


def described_file(root, path):
    status = os.lstat(path)
    kind = MODES[stat.S_IFMT(status.st_mode)]
    content = content_of(path) if kind == "file" else b""
    is_device = kind in ("character device", "block device")
    names = [name for name in os.listxattr(path, follow_symlinks=False) if name.startswith("user.")]
    return {
        "path": os.path.relpath(path, root).hex(), "kind": kind, "mode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid, "gid": status.st_gid, "size": len(content), "checksum": zlib.crc32(content),
        "time": list(divmod(status.st_mtime_ns, 10**9)),
        "target": os.readlink(path).hex() if kind == "link" else "",
        "device": [os.major(status.st_rdev), os.minor(status.st_rdev)] if is_device else [0, 0],
        "attributes": {os.fsencode(name).hex(): os.getxattr(path, name, follow_symlinks=False).hex() for name in names}}


def described_tree(root):
    for folder, folders, files in os.walk(root):
        for name in sorted(folders + files):
            yield described_file(root, os.path.join(folder, name))


def main():
    what, path = sys.argv[1:]
    print(json.dumps(described_archive(path) if what == "archive" else list(described_tree(os.fsencode(path)))))


main()
