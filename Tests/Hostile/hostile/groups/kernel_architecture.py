# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group K: ways to the kernel that no C library takes, and calls made at random."""

import os
import re
import time

from hostile.bench import out
from hostile.case import case, expect
from hostile.probe import c_program, need_x86_64, probe

# `machine(bytes)` runs code in a child and says how that ended: "exit N" or the signal's name.
MACHINE = """
import mmap, resource
page = mmap.mmap(-1, 4096, prot=7)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
def ended(child):
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f'exit {os.WEXITSTATUS(status)}'
def in_child(action):
    child = os.fork()
    if child == 0:
        os._exit(action())
    return ended(child)
def machine(code):
    page[:len(code)] = code
    def run():
        ctypes.CFUNCTYPE(ctypes.c_long)(address)()
        return 42
    return in_child(run)
"""


@case("K12", "system calls of another architecture: int 0x80, a 32-bit program, the x32 bit",
      "the process is killed; 64-bit calls still work", quick=True)
def other_architecture(bench):
    need_x86_64()
    seen = probe(bench, MACHINE + """
def elf32():
    # mov eax, 1; mov ebx, 42; int 0x80: exit(42) by the numbers of 32 bits.
    code = bytes.fromhex('b801000000bb2a000000cd80')
    start = 0x10000
    header = struct.pack('<16sHHIIIIIHHHHHH', b'\\x7fELF\\x01\\x01\\x01', 2, 3, 1, start + 84, 52, 0, 0, 52, 32, 1, 0,
                         0, 0)
    segment = struct.pack('<8I', 1, 0, start, start, 84 + len(code), 84 + len(code), 5, 4096)
    with open('/tmp/elf32', 'wb') as file:
        file.write(header + segment + code)
    os.chmod('/tmp/elf32', 0o755)
    try:
        os.execv('/tmp/elf32', ['elf32'])
    except OSError as error:
        return 100 + error.errno
show({'int 0x80': machine(bytes.fromhex('b814000000cd80c3')),
      '32-bit program': in_child(elf32),
      'x32 getpid': in_child(lambda: raw(0x40000000 + 39) and 42),
      'x32 execve': in_child(lambda: raw(0x40000000 + 520, 0, 0, 0) and 42),
      '64 bits': in_child(lambda: 42)})
""")
    expect(seen.pop("64 bits") == "exit 42", seen)
    # 108: ENOEXEC, from a kernel that was built without programs of 32 bits.
    wrong = {key: value for key, value in seen.items() if value not in ("SIGSYS", "SIGKILL", "exit 108")}
    expect(not wrong, f"not stopped: {wrong}")
    return ", ".join(f"{key}: {value}" for key, value in seen.items())


@case("K18", "system calls 0 to 1000 with random arguments", "only the run suffers; no warning of the kernel",
      loads_host=True)
def random_calls(bench):
    need_x86_64()
    deadline = time.monotonic() + 15
    total, runs = 0, 0
    with KernelLog() as log:
        while total < 10_000_000 and time.monotonic() < deadline:
            result = c_program(bench, "random_calls.c", str(runs), "4", resource_limits={"memory_mb": 256},
                               timeout_secs=10)
            expect(result["status"] in ("succeeded", "failed", "timed_out", "out_of_memory", "disk_full"), result)
            expect(result["exit_code"] != 99, f"it does not compile: {result}")
            # Once a second it tells how many calls were made; what others print on the same pipe may be anything.
            total += max((int(number) for number in re.findall(r"^calls (\d+)$", out(result), re.M)), default=0)
            runs += 1
        warnings = log.warnings()
    expect(not warnings, f"the kernel says: {warnings[:3]}")
    expect(total > 100_000, f"only {total} calls in {runs} runs")
    return f"{total / 1e6:.1f} million calls in {runs} runs, no warning of the kernel"


@case("K19", "system calls that are newer than the profile, or that never existed", "ENOSYS", quick=True)
def unknown_calls(bench):
    need_x86_64()
    seen = probe(bench, """
# 335 and 336 are the trampolines of uprobes, which the kernel lets past every filter.
numbers = [*range(337, 424), *range(470, 1200), 4095, 65535, 1 << 20, (1 << 30) - 1]
show(sorted({name_of(ctypes.get_errno()) if raw(number, 0, 0, 0, 0, 0, 0) == -1 else f'{number} works'
             for number in numbers}))
""")
    expect(seen == ["ENOSYS"], seen)
    return "ENOSYS for each of 821 numbers"


@case("K24", "time-stamp counter, performance counters, processor identity by instruction",
      "rdtsc and cpuid work, as the threat model says; rdpmc fails", quick=True)
def instructions(bench):
    need_x86_64()
    seen = probe(bench, MACHINE + """
show({'rdtsc': machine(bytes.fromhex('0f31c3')), 'cpuid': machine(bytes.fromhex('5331c00fa25bc3')),
      'rdpmc': machine(bytes.fromhex('31c90f33c3')), 'rdmsr': machine(bytes.fromhex('31c90f32c3')),
      'cli': machine(bytes.fromhex('fac3')), 'hlt': machine(bytes.fromhex('f4c3')),
      'in': machine(bytes.fromhex('e460c3'))})
""")
    works = {"rdtsc": "exit 42", "cpuid": "exit 42"}
    expect(seen == works | {name: "SIGSEGV" for name in ("rdpmc", "rdmsr", "cli", "hlt", "in")}, seen)
    return "rdtsc and cpuid work; rdpmc and privileged instructions end with SIGSEGV"


class KernelLog:
    """What the kernel logs from now on."""

    # At the start of a record only: what a program does to itself is logged too, as `traps: …`.
    PATTERN = re.compile(r"^(WARNING:|BUG:|Oops|kernel BUG|general protection fault|INFO: task|watchdog:|UBSAN|KASAN)")

    def __enter__(self):
        self.descriptor = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.descriptor, 0, os.SEEK_END)
        return self

    def __exit__(self, *_):
        os.close(self.descriptor)

    def warnings(self) -> list:
        found = []
        while True:
            try:
                record = os.read(self.descriptor, 8192).decode(errors="replace")
            except BlockingIOError:
                return found
            except BrokenPipeError:
                # Records were overwritten before they were read; the next one is there.
                continue
            message = record.partition(";")[2].splitlines()[0]
            if self.PATTERN.match(message):
                found.append(message)
