# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes an interpreter wait at the end of its start, before its program.

A path configuration file calls `start` while `site` is imported. In a zygote, `start` returns only in its forks. A fork is the
interpreter of one sandbox and continues as usual: it opens its main file, runs it and ends.
"""

import os
import sys

JOB = 3
# Below the descriptors that `_outpost_fork` receives, and above those that a zygote's interpreter has open itself.
ANSWERS_OF_COPY = 99
ANSWERS = 4
# Frames of docs/agent-protocol.md.
HEADER = 9
JOB_FRAME = 23
READY = bytes((0, 0, 0, 0, 38, 0, 0, 0, 0))
LED = b"/etc/outpost/python-led"
PAGE = 4096
# The most entries to read from pagemap at once, and the most pieces of memory to record.
MOST_ENTRIES = 4096
MOST_PIECES = 1024


def start():
    # `site` imported `pwd` to find the home directory, because HOME is not set here. A program always has HOME.
    sys.modules.pop("pwd", None)
    try:
        import _outpost_path

        names = os.environ.pop("OUTPOST_PRELOAD", "")
        for name in filter(None, names.split(",")):
            __import__(name)
        try:
            # `site` imports this next. It is the image's own file, and the search for it fills the caches of the import system.
            import sitecustomize  # noqa: F401
        except ImportError:
            pass
        # `site` imports this after that. The sandbox may have it or not, so only the search is done here.
        sys.modules["_frozen_importlib_external"].PathFinder.find_spec("usercustomize")
        if len(os.listdir("/proc/self/task")) > 1:
            # A fork has only one thread. Locks of other threads would stay locked for ever.
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
    """Waits in the program's own sandbox. It is called from `sitecustomize`, in a directory that only root can write to.

    Before it has a job, it reads no file that an earlier program can have left.
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
    """Reports that this interpreter waits, receives its job and returns the job's variables."""
    os.write(answers, READY)
    variables = _take(_receive(), answers)
    os.close(JOB)
    os.close(answers)
    return variables


def _fail():
    """Ends this interpreter. `site` would only print the error, and the interpreter would run its main file. Without a job that
    is an earlier program's file."""
    sys.excepthook(*sys.exc_info())
    os._exit(1)


def _forget(directory):
    """Removes the traces of the warm start."""
    sys.path.remove(directory)
    sys.path_importer_cache.pop(directory, None)
    del os.environ["PYTHONPATH"]


def _packages():
    """Returns a value that changes when a package is installed or removed."""
    places = [place for place in sys.path if os.path.isdir(place)]
    return [(place, os.stat(place).st_mtime_ns) for place in places]


def _freeze(fork):
    """Freezes the objects that exist before the program, so that the collector skips them at the program's end. Without that
    they are most of the work of the end.

    Objects that a program can change are not frozen: its main module, and modules whose names Python clears one by one at the
    end. Objects that a program attaches to them are finalized as usual.
    """
    is_preloaded = "gc" in sys.modules
    import _imp
    import gc

    main = sys.modules["__main__"]
    gc.collect()
    # An object that is never freed need not be traversed. This excludes namespaces that a program can change, and files,
    # which are flushed when they are freed.
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
    """Returns the memory that this interpreter has written to: start and size of each piece, eight bytes each.

    Memory that is not found here is copied at the first write to it.
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
            # Bit 63: present; bit 61: from a file, or shared (Documentation/admin-guide/mm/pagemap.rst).
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
            # The host does not need this interpreter any more.
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
    # This call ends the interpreter if a step fails.
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
    """Returns whether the user has packages of his own, which depend on HOME. The interpreter would have had to read them."""
    import site

    if not site.ENABLE_USER_SITE:
        return False
    site.USER_BASE = site.USER_SITE = None
    return os.path.isdir(site.getusersitepackages())


def _start_again(variables):
    """Executes a new interpreter, which has the job's variables from its start."""
    import _signal

    # Python ignores these signals, and an exec would keep that for the new interpreter.
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)
    environment = dict(variable.split(b"=", 1) for variable in variables)
    # As for an interpreter that was not warm (`led` in PythonFiles.swift). A program with its own PYTHONPATH gets no warm one.
    environment[b"PYTHONPATH"] = LED
    os.execve(sys.executable, sys.orig_argv, environment)


def _renew():
    """Renews the random state that forks must not share. `random` and OpenSSL renew theirs themselves."""
    loaded = sys.modules
    if "numpy.random" in loaded:
        loaded["numpy.random"].seed()
    if "multiprocessing.process" in loaded:
        loaded["multiprocessing.process"].current_process().authkey = os.urandom(32)
