# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group K: system calls that a sandbox has no use for, each tried as the ordinary user and as the sandbox's root."""

from hostile.case import case, expect
from hostile.probe import need_x86_64, probe, unexpected

EPERM = ("EPERM",)
ENOSYS = ("ENOSYS",)
OK = ("ok",)
EVERY_NAMESPACE = {
    "NEWTIME": 0x80, "NEWNS": 0x20000, "NEWCGROUP": 0x2000000, "NEWUTS": 0x4000000, "NEWIPC": 0x8000000,
    "NEWUSER": 0x10000000, "NEWPID": 0x20000000, "NEWNET": 0x40000000,
}


def try_all(bench, rows: dict, before: str = "") -> str:
    """Evaluates the Python expression of each row inside, as both users, and compares with the answers it may have."""
    need_x86_64()
    expressions = ", ".join(f"{label!r}: {expression}" for label, (expression, _) in rows.items())
    allowed = {label: answers for label, (_, answers) in rows.items()}
    answers = set()
    for user in ("sandbox", "root"):
        seen = probe(bench, f"{before}\nshow({{{expressions}}})", user)
        wrong = unexpected(seen, allowed)
        expect(not wrong and len(seen) == len(rows), f"as {user}: {wrong}")
        answers.update(seen.values())
    return f"{len(rows)} probes as two users: {', '.join(sorted(answers))}"


def calls(answers: tuple, *names: str) -> dict:
    """Rows that make each call with all arguments 0."""
    return {name: (f"call({name!r}, 0, 0, 0, 0, 0, 0)", answers) for name in names}


@case("K01", "make or enter a namespace with unshare, setns and clone", "EPERM", quick=True)
def namespaces(bench):
    rows = {f"unshare {name}": (f"call('unshare', {flag})", EPERM) for name, flag in EVERY_NAMESPACE.items()}
    # CLONE_NEWTIME is no flag of clone: its bit is part of the child's signal there.
    rows |= {f"clone {name}": (f"call('clone', {flag | 17}, 0, 0, 0, 0)", EPERM)
             for name, flag in EVERY_NAMESPACE.items() if name != "NEWTIME"}
    rows["setns own"] = ("call('setns', os.open('/proc/self/ns/net', os.O_RDONLY), 0)", EPERM)
    rows["setns of pid 1"] = ("attempt(lambda: os.open('/proc/1/ns/mnt', os.O_RDONLY))", ("ENOENT", "EACCES", "EPERM"))
    rows["setns pidfd"] = ("call('setns', raw(NUMBERS['pidfd_open'], os.getpid(), 0), 0x40000000)", EPERM)
    return try_all(bench, rows)


@case("K02", "clone3, whose flags no filter can see", "ENOSYS; threads and processes still start", quick=True)
def clone3(bench):
    before = """
import subprocess
arguments = struct.pack('11Q', 0x10000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
def thread():
    started = threading.Thread(target=lambda: None)
    started.start()
    started.join()
"""
    return try_all(bench, {
        "empty": ("call('clone3', 0, 0)", ENOSYS),
        "a user namespace": ("call('clone3', arguments, 88)", ENOSYS),
        "a thread": ("attempt(thread)", OK),
        "a process": ("attempt(lambda: subprocess.check_call(['/bin/true']))", OK),
        "posix_spawn": ("attempt(lambda: os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0))", OK),
    }, before)


@case("K03", "keyrings: make, request and find keys", "ENOSYS; nothing passes from one run to the next", quick=True)
def keyrings(bench):
    before = "name = b'outpost'"
    rows = {
        "add a key": ("call('add_key', b'user', name, b'secret', 6, -4)", ENOSYS),
        "find a key": ("call('request_key', b'user', name, 0, -4)", ENOSYS),
        "join a session": ("call('keyctl', 1, name)", ENOSYS),
        "read the user's": ("call('keyctl', 11, -4, 0, 0)", ENOSYS),
        "list": ("open('/proc/keys').read()", ("",)),
    }
    try_all(bench, rows, before)
    return try_all(bench, rows, before)


@case("K04", "load BPF, open performance counters", "EPERM", quick=True)
def bpf_and_perf(bench):
    before = "attributes = bytearray(128)\nattributes[4] = 128\nattributes = bytes(attributes)"
    return try_all(bench, {
        "bpf map": ("call('bpf', 0, attributes, 128)", EPERM),
        "bpf program": ("call('bpf', 5, attributes, 128)", EPERM),
        "perf of self": ("call('perf_event_open', attributes, 0, -1, -1, 0)", EPERM),
        "perf of a processor": ("call('perf_event_open', attributes, -1, 0, -1, 0)", EPERM),
    }, before)


@case("K05", "userfaultfd by system call and by device", "EPERM or ENOSYS; no device", quick=True)
def userfaultfd(bench):
    return try_all(bench, {
        "plain": ("call('userfaultfd', 0)", ("EPERM", "ENOSYS")),
        "user mode only": ("call('userfaultfd', 1)", ("EPERM", "ENOSYS")),
        "device": ("attempt(lambda: open('/dev/userfaultfd'))", ("ENOENT",)),
    })


@case("K06", "io_uring", "ENOSYS, so that libraries use other calls; never a kill", quick=True)
def io_uring(bench):
    before = "parameters = ctypes.create_string_buffer(120)"
    return try_all(bench, {
        "setup": ("call('io_uring_setup', 8, parameters)", ENOSYS),
        **calls(ENOSYS, "io_uring_enter", "io_uring_register"),
    }, before)


@case("K07", "kernel images, modules, reboot", "EPERM", quick=True)
def kernel_images(bench):
    rows = calls(EPERM, "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module")
    # The magic numbers of a halt: without the filter and without the right it is EPERM too, and never more.
    rows["reboot"] = ("call('reboot', 0xfee1dead, 0x28121969, 0, 0)", EPERM)
    return try_all(bench, rows)


@case("K08", "ptrace: be traced, attach, seize", "EPERM", quick=True)
def ptrace(bench):
    before = """
child = os.fork()
if child == 0:
    signal.pause()
    os._exit(0)
"""
    return try_all(bench, {
        "TRACEME": ("call('ptrace', 0, 0, 0, 0)", EPERM),
        "ATTACH to a child": ("call('ptrace', 16, child, 0, 0)", EPERM),
        "SEIZE of a child": ("call('ptrace', 0x4206, child, 0, 0)", EPERM),
        "ATTACH to pid 1": ("call('ptrace', 16, 1, 0, 0)", EPERM),
    }, before)


@case("K09", "read, write, advise, or take descriptors of other processes", "EPERM", quick=True)
def other_processes(bench):
    before = """
child = os.fork()
if child == 0:
    signal.pause()
    os._exit(0)
page = ctypes.create_string_buffer(4096)
vector = struct.pack('2Q', ctypes.addressof(page), 8)
pidfd = raw(NUMBERS['pidfd_open'], child, 0)
"""
    rows = {
        f"{name} of {whose}": (f"call({name!r}, {pid}, vector, 1, vector, 1, 0)", EPERM)
        for name in ("process_vm_readv", "process_vm_writev") for whose, pid in (("a child", "child"), ("pid 1", "1"))
    }
    rows |= {
        "process_madvise": ("call('process_madvise', pidfd, vector, 1, 20, 0)", EPERM),
        "process_mrelease": ("call('process_mrelease', pidfd, 0)", EPERM),
        "pidfd_getfd": ("call('pidfd_getfd', pidfd, 0, 0)", EPERM),
        "kcmp": ("call('kcmp', os.getpid(), child, 2, 0, 0)", EPERM),
    }
    return try_all(bench, rows, before)


@case("K10", "personalities that weaken the address space", "only the five harmless values are allowed", quick=True)
def personalities(bench):
    refused = ("EPERM", "ENOSYS")
    harmless = [0xFFFFFFFF, 0x20000, 0x20008, 0x8, 0x0]
    weak = [0x40000, 0x400000, 0x100000, 0x200000, 0x800000, 0x1000000, 0x4000000, 0x8000000, 0x4, 0x7,
            0x440000, 0x100040000, 0x7FFFFFFF00400000]
    rows = {f"{value:#x}": (f"call('personality', {value})", OK) for value in harmless}
    rows |= {f"{value:#x}": (f"call('personality', {value})", refused) for value in weak}
    return try_all(bench, rows)


@case("K11", "type into a terminal or change it by ioctl, also with garbage in the high bits", "EPERM", quick=True)
def terminal_injection(bench):
    requests = {"TIOCSTI": 0x5412, "TIOCLINUX": 0x541C, "TIOCSETD": 0x5423}
    rows = {}
    for name, number in requests.items():
        for high in (0, 1 << 32, 0x7FFFFFFF << 32, -1 << 32):
            rows[f"{name} {high:#x}"] = (f"call('ioctl', 0, {high + number}, b'x')", EPERM)
    return try_all(bench, rows)


@case("K13", "sockets and socket pairs of families and transports that load modules", "EAFNOSUPPORT", quick=True)
def socket_families(bench):
    refused = ("EAFNOSUPPORT",)
    families = {"AX25": 3, "IPX": 4, "APPLETALK": 5, "X25": 9, "KEY": 15, "PACKET": 17, "RDS": 21, "PPPOX": 24,
                "LLC": 26, "CAN": 29, "TIPC": 30, "BLUETOOTH": 31, "RXRPC": 33, "PHONET": 35, "IEEE802154": 36,
                "ALG": 38, "NFC": 39, "VSOCK": 40, "KCM": 41, "QIPCRTR": 42, "SMC": 43, "XDP": 44, "MCTP": 45}
    before = """
def pair(family, kind):
    result = ctypes.create_string_buffer(8)
    return call('socketpair', family, kind, 0, result)
NUMBERS |= {'socket': 41, 'socketpair': 53}
"""
    rows = {}
    for name, family in families.items():
        for kind in (1, 2, 3, 5):
            rows[f"{name} {kind}"] = (f"call('socket', {family}, {kind}, 0)", refused)
        rows[f"{name} high bits"] = (f"call('socket', {family + (1 << 32)}, 2, 0)", refused)
        rows[f"{name} pair"] = (f"pair({family}, 2)", refused)
    for protocol in range(1, 23):
        rows[f"netlink {protocol}"] = (f"call('socket', 16, 3, {protocol})", refused)
    # Each would load net-pf-2-proto-N, so it must be refused before the kernel looks for it.
    transports = {"SCTP": (1, 132), "SCTP packets": (5, 132), "DCCP": (6, 33), "L2TP": (2, 115), "SMC": (1, 256)}
    for name, (kind, protocol) in transports.items():
        for family in (2, 10):
            rows[f"{name} over {family}"] = (f"call('socket', {family}, {kind}, {protocol})",
                                             ("EPROTONOSUPPORT", "ESOCKTNOSUPPORT"))
    return try_all(bench, rows, before)


@case("K14", "swap, accounting, quotas, clocks, names, the kernel's log", "EPERM", quick=True)
def administration(bench):
    rows = calls(EPERM, "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "vhangup", "syslog",
                 "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname")
    # Without an entry in the kernel of today; the filter answers for the kernels that have them.
    rows |= calls(("EPERM", "ENOSYS"), "nfsservctl", "lookup_dcookie")
    rows["sethostname to a name"] = ("attempt(lambda: socket.sethostname('mine'))", EPERM)
    return try_all(bench, rows)


@case("K15", "ports, descriptor tables, unusual processor settings, model registers",
      "EPERM; unknown codes EINVAL; no device", quick=True)
def processor_settings(bench):
    rows = {
        "iopl": ("call('iopl', 3)", ("EPERM", "ENOSYS")),
        "ioperm": ("call('ioperm', 0, 8, 1)", ("EPERM", "ENOSYS")),
        "modify_ldt write": ("call('modify_ldt', 1, bytes(16), 16)", ("EPERM", "ENOSYS")),
        "modify_ldt new write": ("call('modify_ldt', 17, bytes(16), 16)", ("EPERM", "ENOSYS")),
        "model registers": ("attempt(lambda: open('/dev/cpu/0/msr'))", ("ENOENT",)),
        "ports": ("attempt(lambda: open('/dev/port'))", ("ENOENT",)),
    }
    for code in (0x0, 0x1000, 0x1005, 0x1010, 0x9999, 0x7FFFFFFF):
        rows[f"arch_prctl {code:#x}"] = (f"call('arch_prctl', {code}, 0)", ("EINVAL", "EPERM", "ENOSYS"))
    # The address of thread-local storage may be set to any canonical address and to no other.
    rows["arch_prctl non-canonical"] = ("call('arch_prctl', 0x1001, 1 << 60)", ("EPERM",))
    return try_all(bench, rows)


@case("K16", "memory policies: own pages, pages and processes of others",
      "EPERM for others; harmless for own pages", quick=True)
def memory_policies(bench):
    before = "import mmap\npage = mmap.mmap(-1, 4096)\naddress = ctypes.addressof(ctypes.c_char.from_buffer(page))"
    own = ("ok", "EPERM", "ENOSYS")
    return try_all(bench, {
        "mbind": ("call('mbind', address, 4096, 0, 0, 0, 0)", own),
        "mbind and move": ("call('mbind', address, 4096, 0, 0, 0, 4)", ("EPERM", "EINVAL")),
        "set_mempolicy": ("call('set_mempolicy', 0, 0, 0)", own),
        "move own pages": ("call('move_pages', 0, 0, 0, 0, 0, 0)", EPERM),
        "move pages of pid 1": ("call('move_pages', 1, 0, 0, 0, 0, 0)", EPERM),
        "migrate pages": ("call('migrate_pages', 1, 0, 0, 0)", EPERM),
    }, before)
