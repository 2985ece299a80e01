# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Mounts and loop devices, as the host's kernel shows them."""

import fcntl
import glob
import os
import struct

LOOP_GET_STATUS64 = 0x4C05
LOOP_INFO64_SIZE = 232


def mounts_below(directory: str) -> list:
    """Mount points in this mount namespace."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        points = [line.split()[4] for line in file]
    return [point for point in points if point.startswith(directory)]


def loop_devices_on(directory: str) -> list:
    """Loop devices bound to a file below `directory`, or to a deleted one of its file system.

    By inode, because the kernel shows no useful path of a file that was opened under another root.
    """
    file_system = os.stat(directory).st_dev
    inodes = {entry.stat(follow_symlinks=False).st_ino for entry in files_below(directory)}
    found = []
    for shown in glob.glob("/sys/block/loop*/loop/backing_file"):
        name = shown.split("/")[3]
        try:
            with open(shown, encoding="utf-8") as file:
                deleted = file.read().rstrip("\n").endswith(" (deleted)")
            device, inode = backing(f"/dev/{name}")
        except OSError:
            continue  # It was detached between the listing and the reading.
        if device == file_system and (deleted or inode in inodes):
            found.append(name)
    return found


def backing(device: str) -> tuple:
    """The device number and the inode of the file behind a loop device (loop(4))."""
    with open(device, "rb") as file:
        status = fcntl.ioctl(file, LOOP_GET_STATUS64, bytes(LOOP_INFO64_SIZE))
    return struct.unpack_from("=QQ", status)


def files_below(directory: str):
    """Every entry below `directory`, folders included, except what vanishes meanwhile."""
    try:
        entries = list(os.scandir(directory))
    except FileNotFoundError:
        return
    for entry in entries:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(entry.path)
