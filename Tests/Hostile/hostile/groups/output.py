# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group O: what a program writes, reads and does to its streams."""

import base64
import http.client
import json
import os
import socket
import time

from hostile.bench import BASE, Stopwatch, ended, errors, held, out
from hostile.case import HANG_SECONDS, case, expect
from hostile.groups.api_wire import resident_bytes
from hostile.host import processor_seconds, run_cgroups, wait_for

MIB = 1 << 20
KEPT = 1 << 20


@case("O-01", "write without end to both streams",
      "the server keeps output up to the limit and counts the rest; its memory does not grow",
      loads_host=True)
def write_without_end(bench):
    bench.bash("yes | head -c 100000000", resource_limits={"timeout_ms": 3000})
    before = resident_bytes(bench.server)
    # How much is written in that time is up to what else the machine does; little would prove nothing.
    for seconds in (4, 8, 16, 32, 64):
        watch = Stopwatch()
        result = bench.bash("yes >&2 & yes", resource_limits={"timeout_ms": 1000 * seconds})
        watch.within(seconds)
        held(result, seconds)
        if min(result["stdout_bytes"], result["stderr_bytes"]) > 50 * MIB:
            break
    grown = resident_bytes(bench.server) - before
    for stream in ("stdout", "stderr"):
        written, kept = result[f"{stream}_bytes"], result[stream]
        expect(result[f"{stream}_truncated"] and written > 50 * MIB, f"{stream}: {written} bytes")
        expect(kept == "y\n" * (KEPT // 2), f"{stream}: {len(kept)} bytes kept")
    expect(grown < 24 * MIB, f"the server grew by {grown} bytes")
    total = result["stdout_bytes"] + result["stderr_bytes"]
    return f"{total >> 20} MiB written, 2 × 1 MiB kept, the server grew by {max(grown, 0) >> 20} MiB"


@case("O-03", "invalid UTF-8, lone surrogates, overlong forms, characters cut by the limit",
      "base64 when not UTF-8; lossless", quick=True)
def invalid_text(bench):
    samples = [b"\xff", b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xc0\x80", b"\xe0\x80\xaf", b"\xf4\x90\x80\x80",
               b"\xf8\x88\x80\x80\x80", b"ok\x80ok", bytes(range(256))]
    for sample in samples:
        result = bench.python(f"import os\nos.write(1, {sample!r})\nos.write(2, {sample!r})")
        ended(result, "succeeded")
        for stream in ("stdout", "stderr"):
            expect(result[f"{stream}_encoding"] == "base64", f"{sample!r} as {result[f'{stream}_encoding']}")
            expect(base64.b64decode(result[stream]) == sample, f"{sample!r} came as {result[stream]!r}")
    # Text whose last character was not finished is text without it, and says so.
    for sample, text in ((b"\xc3", ""), (b"ok\xe2\x82", "ok"), (b"\xf0\x9f\x98", "")):
        result = bench.python(f"import os\nos.write(1, {sample!r})")
        expect(result["stdout_encoding"] == "utf-8" and out(result) == text, result)
        expect(result["stdout_truncated"] and result["stdout_omitted_bytes"] == len(sample) - len(text), result)
    # A character in two writes is one character.
    result = bench.python("import os, time\nfor byte in '\\u20ac\\U0001f600'.encode():\n"
                          "    os.write(1, bytes([byte]))\n    time.sleep(0.02)")
    expect(result["stdout_encoding"] == "utf-8" and out(result) == "\u20ac\U0001f600", result)
    # One that the cap cuts: what was kept is still all bytes up to the cap, or up to the character before it.
    result = bench.python("print('\\u20ac' * 100, end='')", output_keep="head",
                          resource_limits={"max_output_bytes": 100})
    kept = base64.b64decode(result["stdout"]) if result["stdout_encoding"] == "base64" else result["stdout"].encode()
    whole = ("\u20ac" * 100).encode()
    expect(result["stdout_truncated"] and result["stdout_bytes"] == 300, result)
    expect(kept in (whole[:100], whole[:99]), f"kept {kept!r}")
    return f"{len(samples)} samples lossless in base64; a character cut by the limit comes as {result['stdout_encoding']}"


@case("O-04", "NUL, escape sequences, U+202E, byte order marks, CRLF, quotes, line separators",
      "unchanged; the answer is JSON", quick=True)
def control_characters(bench):
    text = ("\0\1\x1b[2J\x1b]0;title\7\u202eevil\ufeffbom\r\n\r\"\\\u2028\u2029</script>"
            "\x7f\x85\ud7ff\ue000\ufffe\uffff\U0010ffff" + "".join(map(chr, range(32))))
    result = bench.python(f"import os\nos.write(1, {text.encode()!r})\nos.write(2, {text.encode()!r})")
    ended(result, "succeeded")
    expect(result["stdout_encoding"] == result["stderr_encoding"] == "utf-8", result["stdout_encoding"])
    expect(out(result) == text and errors(result) == text, repr(out(result)))
    with open(bench.server.log_path, "rb") as log:
        expect(b"\x1b[2J" not in log.read(), "an escape sequence is in the log")
    return f"{len(text)} characters, all unchanged"


@case("O-05", "one line of 1 GiB", "read in parts, counted, cut at the limit", loads_host=True)
def endless_line(bench):
    before = resident_bytes(bench.server)
    result = bench.python(
        "import os\npart = b'x' * (1 << 20)\nfor _ in range(1024):\n    rest = part\n"
        "    while rest: rest = rest[os.write(1, rest):]")
    ended(result, "succeeded")
    expect(result["stdout_bytes"] == 1 << 30 and result["stdout_truncated"], result["stdout_bytes"])
    expect(out(result) == "x" * KEPT, f"{len(out(result))} kept")
    grown = resident_bytes(bench.server) - before
    expect(grown < 24 * MIB, f"the server grew by {grown} bytes")
    return f"1 GiB in {result['duration_ms'] / 1000:.1f} s"


ONE_BYTE = """
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 10000000; i++) if (write(1, "x", 1) != 1) return 1;
}
"""


@case("O-06", "10,000,000 writes of one byte", "all counted; the server uses no more processor time than the program",
      loads_host=True)
def tiny_writes(bench):
    spent = processor_seconds(bench.server.process.pid)
    result = bench.bash("gcc -O1 -o tiny tiny.c && ./tiny", files=[{"path": "tiny.c", "content": ONE_BYTE}],
                        resource_limits={"memory_mb": 256, "timeout_ms": 300_000})
    spent = processor_seconds(bench.server.process.pid) - spent
    ended(result, "succeeded")
    expect(result["stdout_bytes"] == 10_000_000 and result["stdout_truncated"], result["stdout_bytes"])
    program = result["cpu_time_ms"] / 1000
    # The neighbour's runs are served meanwhile, which is part of the server's time.
    expect(spent <= 2 * program + 1, f"the server used {spent:.1f} s, the program {program:.1f} s")
    return f"the program used {program:.1f} s, the server {spent:.1f} s"


@case("O-07", "close the streams, write after that, exchange them, replace them with files", "the run goes on to its end",
      quick=True)
def closed_streams(bench):
    programs = {
        "close all": ("import os\nfor fd in (0, 1, 2): os.close(fd)\nos.mkdir('/tmp/x')\nos._exit(7)", 7, "", ""),
        "write after close": (
            "import os\nos.close(1)\ntry: os.write(1, b'x')\nexcept OSError as error: os.write(2, b'%d' % error.errno)",
            0, "", "9"),
        "exchange": ("import os\nos.dup2(1, 9)\nos.dup2(2, 1)\nos.dup2(9, 2)\nos.write(1, b'one')\nos.write(2, b'two')",
                     0, "two", "one"),
        "into a file": (
            "import os\nfd = os.open('/tmp/x', os.O_RDWR | os.O_CREAT)\nos.write(1, b'before')\nos.dup2(fd, 1)\n"
            "os.write(1, b'lost')\nos.write(2, os.pread(fd, 9, 0))", 0, "before", "lost"),
        "read what is to be written": (
            "import os\ntry: print(os.read(1, 1))\nexcept OSError as error: print(error.errno)", 0, "9\n", ""),
        "by another door": (
            "import os\nos.write(os.open('/proc/self/fd/1', os.O_WRONLY), b'again')\n"
            "os.write(os.open('/dev/stderr', os.O_WRONLY), b'error')", 0, "again", "error"),
        "take one's own output back": (
            "import os\nos.write(1, b'mine')\n"
            "try: os.open('/proc/self/fd/1', os.O_RDONLY | os.O_NONBLOCK)\n"
            "except OSError as error: os.write(2, b'%d' % error.errno)", 0, "mine", "13"),
        "small pipe, not blocking": (
            "import fcntl, os\nfcntl.fcntl(1, 1031, 4096)\nos.set_blocking(1, False)\nsent = 0\n"
            "while sent < 1000000:\n    try: sent += os.write(1, b'x' * 4096)\n    except BlockingIOError: pass\n"
            "os._exit(3)", 3, None, ""),
    }
    for name, (program, code, stdout, stderr) in programs.items():
        result = bench.python(program, resource_limits={"timeout_ms": 60_000})
        expect(result["exit_code"] == code, f"{name}: {result}")
        expect(stdout is None or out(result) == stdout, f"{name}: stdout {out(result)!r}")
        expect(errors(result) == stderr, f"{name}: stderr {errors(result)!r}")
    expect(result["stdout_bytes"] >= 1_000_000, f"{result['stdout_bytes']} bytes counted of 1,000,000")
    return f"{len(programs)} programs, each to its end"


def send_execute(bench, body: dict) -> socket.socket:
    """Sends a call and does not wait for its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", bench.server.port, timeout=HANG_SECONDS)
    with open(os.path.join(bench.server.data, "admin.token"), encoding="ascii") as token:
        headers = {"Authorization": "Bearer " + token.read().strip(), "Content-Type": "application/json"}
    connection.request("POST", BASE + "/execute", json.dumps(body), headers)
    return connection.sock


@case("O-08", "clients that disconnect while their run goes on, or never read the answer",
      "no run outlasts its time; nothing remains of these calls")
def absent_clients(bench):
    server = bench.server.process.pid
    descriptors = len(os.listdir(f"/proc/{server}/fd"))
    sleeping = {"language": "python", "code": "import time\ntime.sleep(600)", "resource_limits": {"timeout_ms": 4000}}
    absent = [send_execute(bench, sleeping) for _ in range(10)]
    wait_for_runs(bench, 10)
    for number, connection in enumerate(absent):
        if number % 2:
            # A reset instead of a polite end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    watch = Stopwatch()
    while running(bench):
        watch.within(4)
        time.sleep(0.02)
    took = watch.seconds()
    large = {"language": "bash", "code": "yes | head -c 16000000", "resource_limits": {"max_output_bytes": 16_000_000}}
    deaf = [send_execute(bench, large) for _ in range(6)]
    wait_for_runs(bench, 6)
    watch = Stopwatch()
    while running(bench):
        watch.within(4)
        time.sleep(0.02)
    # The deaf clients are still there; others are served.
    ended(bench.python("print(1)"), "succeeded")
    for connection in deaf:
        connection.close()
    watch = Stopwatch()
    while len(os.listdir(f"/proc/{server}/fd")) > descriptors + 8:
        watch.within(5)
        time.sleep(0.1)
    return f"10 runs over {took:.1f} s after their clients went; connections of 6 clients that read nothing closed"


def wait_for_runs(bench, count: int) -> None:
    """Returns when `count` runs have begun, of which some may be over."""
    begun = set()

    def have_begun() -> bool:
        begun.update(running(bench))
        return len(begun) >= count

    wait_for(have_begun, lambda: f"only {len(begun)} of {count} runs have begun")


def running(bench) -> list:
    """Names of the cgroups of the server's runs."""
    return sorted({os.path.basename(path) for path in run_cgroups(bench.server)})


@case("O-09", "end at once after writing 64 KiB, by exit, by a signal, by a child that outlives the program",
      "no byte at the end is lost", quick=True)
def no_lost_tail(bench):
    for ending, code, signal in [("os._exit(0)", 0, None), ("os.kill(os.getpid(), 9)", None, "SIGKILL"),
                                 ("os.abort()", None, "SIGABRT")]:
        for _ in range(4):
            result = bench.python(
                f"import os\nos.write(1, b'x' * 65535 + b'!')\nos.write(2, b'y' * 65535 + b'?')\n{ending}")
            expect((result["exit_code"], result["signal"]) == (code, signal), result["status"])
            expect(out(result) == "x" * 65535 + "!", f"{len(out(result))} bytes of stdout")
            expect(errors(result) == "y" * 65535 + "?", f"{len(errors(result))} bytes of stderr")
    result = bench.python(
        "import os, time\nready, tell = os.pipe()\nif os.fork() == 0:\n    os.setsid()\n"
        "    os.write(1, b'child' * 8192)\n    os.write(tell, b'x')\n    time.sleep(600)\n"
        "os.read(ready, 1)\nos.write(1, b'end')\nos._exit(0)")
    expect(out(result) == "child" * 8192 + "end", f"{len(out(result))} bytes with a child")
    return "13 runs, all 64 KiB of each stream"


@case("O-10", "leave 7 MB of input unread; read past its end; close it at once; close it half read",
      "no deadlock; the end of the program is the end of the run", quick=True)
def input_abuse(bench):
    data = "0123456789abcdef" * 450_000
    limits = {"timeout_ms": 60_000, "max_output_bytes": 8_000_000}
    programs = {
        "unread": ("print('done')", "done\n"),
        "closed": ("import os, time\nos.close(0)\ntime.sleep(0.2)\nprint('done')", "done\n"),
        "half read": ("import os, time\nos.read(0, 65536)\nos.close(0)\ntime.sleep(0.2)\nprint('done')", "done\n"),
        "past the end": (
            "import sys\ntext = sys.stdin.read()\nprint(len(text), sys.stdin.read(), sys.stdin.read(1))",
            f"{len(data)}  \n"),
        "slowly, while writing": (
            "import os\nwhile part := os.read(0, 5000): os.write(1, part)", data),
        "reopened": (
            "import os\nfd = os.open('/dev/stdin', os.O_RDONLY)\nos.close(0)\nsize = 0\n"
            "while part := os.read(fd, 1 << 20): size += len(part)\nprint(size)", f"{len(data)}\n"),
    }
    for name, (program, stdout) in programs.items():
        result = bench.python(program, stdin=data, resource_limits=limits)
        expect(result["status"] == "succeeded", f"{name}: {result['status']} {errors(result)[-200:]}")
        expect(out(result) == stdout, f"{name}: {out(result)[:100]!r}")
    expect(bench.server.is_healthy(), "the server is gone")
    return f"{len(programs)} ways to treat {len(data) // 1_000_000} MB of input"


@case("O-11", "output that looks like frames, end markers, event streams, HTTP answers, results",
      "it stays output", quick=True)
def imitations(bench):
    fake = {"id": "exec_000000000000", "status": "succeeded", "exit_code": 0, "stdout": "forged", "signal": None}
    imitations = [
        json.dumps(fake), "}" + json.dumps(fake) + "{", "data: " + json.dumps(fake) + "\n\nevent: end\ndata: {}\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "0\r\n\r\n", "\x04\x00\x00\x00\x01\x00\x00\x00",
        "\x00\x00\x00\x05\x02\x00\x00\x00\x01\x00\x00\x00\x00", "--boundary--\r\n",
        "outpost: No such file or directory\n",
        "\x00\x01exited 0\n", '","exit_code":0,"x":"', "EOF\n", "\x1a", "Killed\n", "MemoryError\n",
    ]
    for text in imitations:
        result = bench.python(f"import os\nfor fd in (1, 2): os.write(fd, {text.encode()!r})\nos._exit(42)")
        ended(result, "failed")
        expect(result["exit_code"] == 42 and result["id"] != fake["id"], result)
        expect(out(result) == text and errors(result) == text, f"{text!r} came as {out(result)!r}")
    # The same into every descriptor that the program can find, and into those of its parent.
    frames = bytes([0, 0, 0, 9, 2, 0, 0, 0, 1, 0, 0, 0, 0, 9, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0])
    result = bench.python(
        f"import os\nframes = {frames!r}\nfound = []\n"
        "for fd in range(3, 4096):\n"
        "    try: os.write(fd, frames); found.append(fd)\n"
        "    except OSError: pass\n"
        "for fd in range(16):\n"
        "    try: os.write(os.open('/proc/1/fd/%d' % fd, os.O_RDWR), frames); found.append('of 1: %d' % fd)\n"
        "    except OSError: pass\n"
        "print(found, flush=True)\nos._exit(41)")
    expect(result["exit_code"] == 41 and out(result) == "[]\n", result)
    return f"{len(imitations)} imitations, each is output; no other descriptor to write to"


@case("O-12", "write to both streams in turn, from many processes", "each stream has its own order, and every byte",
      quick=True)
def order(bench):
    result = bench.python("import os\nfor number in range(20000): os.write(1 + number % 2, b'%d\\n' % number)")
    ended(result, "succeeded")
    for parity, text in enumerate((out(result), errors(result))):
        wanted = "".join(f"{number}\n" for number in range(parity, 20000, 2))
        expect(text == wanted, f"stream {parity + 1} is out of order")
    result = bench.python(
        "import os\nfor child in range(16):\n    if os.fork() == 0:\n"
        "        for line in range(200): os.write(1, b'%02d %04d ' % (child, line) + b'x' * 90 + b'\\n')\n"
        "        os._exit(0)\nfor child in range(16): os.wait()")
    ended(result, "succeeded")
    written = [line.split() for line in out(result).splitlines()]
    for child in range(16):
        own = [int(line[1]) for line in written if int(line[0]) == child]
        expect(own == list(range(200)), f"process {child} wrote {len(own)} lines")
    return "20,000 writes in turn, 3,200 lines of 16 processes: all in order"
