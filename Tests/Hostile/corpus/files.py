# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Files: SQLite with a write-ahead log, memory maps, locks, temporary files, attributes, archives, dates."""

import contextlib
import datetime
import fcntl
import io
import mmap
import os
import pathlib
import shutil
import sqlite3
import stat
import tarfile
import tempfile
import time

folder = pathlib.Path(tempfile.mkdtemp())
with contextlib.closing(sqlite3.connect(folder / "database")) as database:
    print(database.execute("pragma journal_mode=wal").fetchone())
    with database:
        database.execute("create table numbers (n integer primary key, text)")
        database.executemany("insert into numbers values (?, ?)", ((n, str(n)) for n in range(10_000)))
    print(database.execute("select count(*), sum(n), max(text) from numbers").fetchone())
    with contextlib.closing(sqlite3.connect(folder / "database")) as other:
        print(other.execute("select text from numbers where n = 77").fetchone())
with open(folder / "mapped", "w+b") as file:
    file.truncate(1 << 20)
    with mmap.mmap(file.fileno(), 0) as view:
        view[1000:1005] = b"bytes"
        view.flush()
    file.seek(1000)
    print(file.read(5))
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_EX)
    os.posix_fallocate(file.fileno(), 0, 2 << 20)
    print(os.fstat(file.fileno()).st_size)
with tempfile.TemporaryFile() as file:
    file.write(b"temporary")
    file.flush()
    print(os.pread(file.fileno(), 4, 4), file.tell())
(folder / "link").symlink_to("mapped")
os.link(folder / "mapped", folder / "hard")
os.mkfifo(folder / "fifo", 0o600)
os.chmod(folder / "hard", 0o640)
print(sorted(path.name for path in folder.iterdir() if "database" not in path.name),
      stat.filemode((folder / "mapped").stat().st_mode), (folder / "mapped").stat().st_nlink)
os.setxattr(folder / "mapped", "user.note", b"value")
print(os.getxattr(folder / "hard", "user.note"))
os.utime(folder / "mapped", (1, 2))
print(int((folder / "link").stat().st_mtime))
archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode="w:gz") as tar:
    tar.add(folder / "mapped", "file")
archive.seek(0)
with tarfile.open(fileobj=archive) as tar:
    print([(member.name, member.size) for member in tar])
(folder / "deep" / "er" / "still").mkdir(parents=True)
os.rename(folder / "deep" / "er", folder / "er")
print(sorted(str(path.relative_to(folder)) for path in folder.glob("**/*") if path.is_dir()))
memory = os.memfd_create("memory", os.MFD_ALLOW_SEALING)
os.write(memory, b"in memory")
fcntl.fcntl(memory, 1033, 0xF)
with contextlib.suppress(PermissionError):
    os.write(memory, b"x")
    print("written past its seal")
os.sendfile(os.open(folder / "copy", os.O_CREAT | os.O_WRONLY), memory, 0, 9)
source, target = os.open(folder / "copy", os.O_RDONLY), os.open(folder / "second", os.O_CREAT | os.O_WRONLY)
print((folder / "copy").read_bytes(), os.copy_file_range(source, target, 2, 3))
shutil.rmtree(folder)
print(folder.exists(), time.monotonic() > 0, datetime.datetime.fromtimestamp(0, datetime.timezone.utc).isoformat())
