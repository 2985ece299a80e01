# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Holds an interpreter at the end of its start, before its program.

A path configuration file calls `start` while `site` is imported. What returns from it is the interpreter of one sandbox,
which then goes on as any other: it opens its main file, runs it and ends.
"""

import os
import sys

JOB = 3
# Below what `_outpost_fork` is sent, and above what an interpreter that is copied has open itself.
ANSWERS_OF_COPY = 99
ANSWERS = 4
# Frames of docs/agent-protocol.md.
HEADER = 9
JOB_FRAME = 23
READY = bytes((0, 0, 0, 0, 38, 0, 0, 0, 0))
LED = b"/etc/outpost/python-led"
PAGE = 4096
# What is read of pagemap at once, and the most pieces of memory that are kept in mind.
MOST_ENTRIES = 4096
MOST_PIECES = 1024


def start():
    # `site` asks it for a home directory when HOME is not set, as it always is for a program.
    sys.modules.pop("pwd", None)
    try:
        import _outpost_path

        names = os.environ.pop("OUTPOST_PRELOAD", "")
        for name in filter(None, names.split(",")):
            __import__(name)
        try:
            # What `site` imports next. It is the image's own, and looking for it fills the caches of the import system.
            import sitecustomize  # noqa: F401
        except ImportError:
            pass
        # And after that; whether it is there is the sandbox's matter.
        sys.modules["_frozen_importlib_external"].PathFinder.find_spec("usercustomize")
        if len(os.listdir("/proc/self/task")) > 1:
            # A copy has one thread only, and the others' locks for ever.
            sys.stderr.write("a preloaded module has started a thread\n")
            os._exit(1)
        import _outpost_fork

        _freeze(_outpost_fork)
        _outpost_fork.serve(_written())
        _renew()
        variables = _wait(ANSWERS_OF_COPY)
        if _has_user_site():
            _start_again(variables)
        _outpost_path.lead()
    except BaseException:
        _fail()
    finally:
        for name in ("_outpost_fork", "_outpost_path", __name__):
            sys.modules.pop(name, None)


def start_ahead():
    """The same in the sandbox of the program itself, from its `sitecustomize`, in a directory that only root writes to.

    What an earlier program has left is not looked at before there is a job.
    """
    try:
        import _outpost_fork  # noqa: F401
        import _outpost_path

        _forget(os.path.dirname(__file__))
        before = _packages()
        variables = _wait(ANSWERS)
        if _has_user_site() or _packages() != before:
            _start_again(variables)
        _outpost_path.lead()
    except BaseException:
        _fail()
    finally:
        for name in ("_outpost_fork", "_outpost_path", __name__):
            sys.modules.pop(name, None)


def _wait(answers):
    """Says that this interpreter waits, takes its job and returns that one's variables."""
    os.write(answers, READY)
    variables = _take(_receive(), answers)
    os.close(JOB)
    os.close(answers)
    return variables


def _fail():
    """Ends this interpreter. `site` would only print the error and have it go on to its main file, which is an earlier
    program's as long as this one's has not come."""
    sys.excepthook(*sys.exc_info())
    os._exit(1)


def _forget(directory):
    """Leaves no trace of how this was started."""
    sys.path.remove(directory)
    sys.path_importer_cache.pop(directory, None)
    del os.environ["PYTHONPATH"]


def _packages():
    """What changes when a package is installed or removed."""
    places = [place for place in sys.path if os.path.isdir(place)]
    return [(place, os.stat(place).st_mtime_ns) for place in places]


def _freeze(fork):
    """Spares the collector, when the program ends, what was there before it began: most of the work of that end.

    Only what belongs to no program is frozen. The names of its main module are the program's, and a module that is still
    there at the end has its names cleared one by one, so what a program hangs on either is finalized as ever.
    """
    is_preloaded = "gc" in sys.modules
    import _imp
    import gc

    main = sys.modules["__main__"]
    gc.collect()
    # What is never freed needs no look at what it refers to. Not so the namespaces that are the program's to change, and
    # files, which are written out when they are freed.
    own = {id(each) for module in (main, sys, sys.modules["builtins"]) for each in (module, module.__dict__)}
    for container in gc.get_objects():
        if id(container) not in own and not hasattr(type(container), "__del__"):
            fork.keep(container)
    gc.freeze()
    fork.thaw(main)
    fork.thaw(main.__dict__)
    if not is_preloaded:
        fork.watch(_imp, gc)
        del sys.modules["gc"]


def _written():
    """The memory that this interpreter has written to: start and size of each piece, eight bytes each.

    What cannot be found out is copied when it is written to.
    """
    pieces = []
    try:
        with open("/proc/self/maps", "rb") as maps, open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
            for line in maps:
                place, rights = line.split(None, 2)[:2]
                if rights == b"rw-p":
                    start, end = (int(number, 16) for number in place.split(b"-"))
                    _note_written(pieces, start, end, pagemap)
    except OSError:
        pass
    return b"".join(number.to_bytes(8, "little") for piece in pieces[:MOST_PIECES] for number in piece)


def _note_written(pieces, start, end, pagemap):
    pagemap.seek(start // PAGE * 8)
    while start < end and len(pieces) <= MOST_PIECES:
        entries = memoryview(pagemap.read(min(MOST_ENTRIES, (end - start) // PAGE) * 8)).cast("Q")
        if not entries:
            return
        for entry in entries:
            # Bit 63: present; bit 61: of a file, or shared (Documentation/admin-guide/mm/pagemap.rst).
            if entry >> 61 & 5 == 4:
                if pieces and sum(pieces[-1]) == start:
                    pieces[-1][1] += PAGE
                else:
                    pieces.append([start, PAGE])
            start += PAGE


def _receive():
    header = _read(HEADER)
    if header[4:] != bytes((JOB_FRAME, 0, 0, 0, 0)):
        raise ValueError("not a job")
    return _read(int.from_bytes(header[:4], "little"))


def _read(size):
    data = b""
    while len(data) < size:
        part = os.read(JOB, size - len(data))
        if not part:
            # Nobody needs this interpreter any more.
            os._exit(0)
        data += part
    return data


def _take(job, answers):
    position = 0

    def number():
        nonlocal position
        position += 4
        return int.from_bytes(job[position - 4 : position], "little")

    def item():
        nonlocal position
        size = number()
        position += size
        return job[position - size : position]

    arguments = [os.fsdecode(item()) for _ in range(number())]
    variables = [item() for _ in range(number())]
    _environment(variables)
    sys.argv += arguments
    if hasattr(sys, "orig_argv"):
        sys.orig_argv += arguments
    # Ends this interpreter when it fails.
    sys.modules["_outpost_fork"].prepare(item(), answers)
    return variables


def _environment(variables):
    zone = os.environ.get("TZ")
    if [os.fsencode(f"{name}={value}") for name, value in os.environ.items()] != variables:
        os.environ.clear()
        for variable in variables:
            name, _, value = variable.partition(b"=")
            os.environ[os.fsdecode(name)] = os.fsdecode(value)
    if os.environ.get("TZ") != zone:
        import time

        time.tzset()


def _has_user_site():
    """Finds the user's own packages, which depend on HOME; true when this interpreter would have had to read them."""
    import site

    if not site.ENABLE_USER_SITE:
        return False
    site.USER_BASE = site.USER_SITE = None
    return os.path.isdir(site.getusersitepackages())


def _start_again(variables):
    """Becomes an interpreter that knows from its first instruction what this one was told late."""
    import _signal

    # What Python ignores for itself must not be ignored by the next: an exec keeps it so.
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)
    environment = dict(variable.split(b"=", 1) for variable in variables)
    # As for one that never waited (`led` in PythonFiles.swift). A program that brings such a variable finds none that waits.
    environment[b"PYTHONPATH"] = LED
    os.execve(sys.executable, sys.orig_argv, environment)


def _renew():
    """Gives this process what no two may share. `random` and OpenSSL see to it themselves."""
    loaded = sys.modules
    if "numpy.random" in loaded:
        loaded["numpy.random"].seed()
    if "multiprocessing.process" in loaded:
        loaded["multiprocessing.process"].current_process().authkey = os.urandom(32)
