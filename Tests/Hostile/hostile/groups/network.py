# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group N: the network of a sandbox, which is `none`: a loopback of its own and nothing else."""

import contextlib
import os
import select
import socket
import tempfile

from hostile.bench import ended, errors
from hostile.case import HANG_SECONDS, case, expect
from hostile.groups.kernel_calls import try_all
from hostile.host import Background, in_runs, wait_for
from hostile.probe import probe, program, report

# `tcp(address, port)` and `udp(address, port)` say how an attempt ended; `took()` how many seconds all of them took.
ATTEMPTS = """
started = time.monotonic()
def took():
    return time.monotonic() - started
def family(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET
def tcp(address, port):
    def connect():
        with socket.socket(family(address), socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect((address, port))
    return attempt(connect)
def udp(address, port, data=b'x'):
    def send():
        with socket.socket(family(address), socket.SOCK_DGRAM) as sender:
            sender.settimeout(5)
            sender.sendto(data, (address, port))
    return attempt(send)
def resolve(name):
    try:
        socket.getaddrinfo(name, 80)
        return 'resolved'
    except socket.gaierror as error:
        return 'gaierror'
"""
UNREACHABLE = ("ENETUNREACH", "EADDRNOTAVAIL")


def reached(bench, expressions: dict, answers: tuple, code: str = "") -> str:
    """Evaluates each expression inside and expects one of `answers` from all, none of which is that time was up."""
    body = ", ".join(f"{label!r}: {expression}" for label, expression in expressions.items())
    seen, seconds = probe(bench, f"{ATTEMPTS}{code}\nshow([{{{body}}}, took()])")
    wrong = {label: value for label, value in seen.items() if value not in answers}
    expect(not wrong, wrong)
    expect(seconds < HANG_SECONDS, f"took {seconds:.1f} s")
    return f"{len(seen)} attempts in {seconds * 1000:.0f} ms: {', '.join(sorted(set(seen.values())))}"


@case("N01", "TCP, UDP and ICMP to the Internet, IPv4 and IPv6", "unreachable at once", quick=True)
def internet(bench):
    addresses = ("1.1.1.1", "93.184.216.34", "10.0.0.1", "192.168.1.1", "172.17.0.1", "255.255.255.255", "224.0.0.1",
                 "2606:4700:4700::1111", "fe80::1", "ff02::1", "fc00::1")
    expressions = {f"tcp {address}": f"tcp({address!r}, 443)" for address in addresses}
    expressions |= {f"udp {address}": f"udp({address!r}, 443)" for address in addresses}
    expressions |= {
        "ping": "attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1))",
        "raw": "attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))",
        "ping6": "attempt(lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, 58))",
    }
    # EACCES: broadcast needs an option, ping a group; EINVAL: link-local needs an interface.
    return reached(bench, expressions, (*UNREACHABLE, "EACCES", "EPERM", "EINVAL"))


@case("N02", "DNS by the C library, raw UDP and TCP 53, DNS over TLS and HTTPS", "no packet leaves; fails fast",
      quick=True)
def dns(bench):
    expressions = {f"name {name}": f"resolve({name!r})" for name in ("example.com", "localhost.example.com", "a.local",
                                                                     "x")}
    for address in ("8.8.8.8", "1.1.1.1", "2001:4860:4860::8888"):
        expressions[f"udp {address}"] = f"udp({address!r}, 53)"
        for port in (53, 853, 443):
            expressions[f"tcp {address} {port}"] = f"tcp({address!r}, {port})"
    # Addresses of a resolver on the host; here the sandbox's own loopback, where nobody listens.
    for address in ("127.0.0.53", "127.0.0.1", "::1"):
        expressions[f"tcp {address}"] = f"tcp({address!r}, 53)"
    return reached(bench, expressions, (*UNREACHABLE, "gaierror", "ECONNREFUSED"))


METADATA = ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")


@case("N03", "the addresses and names of cloud metadata services", "unreachable", quick=True)
def metadata(bench):
    expressions = {f"tcp {address}": f"tcp({address!r}, 80)" for address in METADATA}
    expressions |= {f"udp {address}": f"udp({address!r}, 80)" for address in METADATA}
    expressions |= {name: f"resolve({name!r})" for name in ("metadata.google.internal", "metadata", "instance-data")}
    return reached(bench, expressions, (*UNREACHABLE, "gaierror"))


@case("N04", "the same address spelled in hexadecimal, decimal, octal, and mapped into IPv6", "unreachable", quick=True)
def spelled_metadata(bench):
    spellings = ("0xA9FEA9FE", "2852039166", "0251.0376.0251.0376", "169.254.43518", "::ffff:169.254.169.254",
                 "::ffff:a9fe:a9fe", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1")
    expressions = {spelling: f"tcp({spelling!r}, 80)" for spelling in spellings}
    return reached(bench, expressions, UNREACHABLE)


@contextlib.contextmanager
def listeners():
    """Sockets on the host that nobody may reach: on loopback in both families and on every address the host has."""
    opened = []
    try:
        for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            with contextlib.suppress(OSError):
                listener = socket.socket(family)
                opened.append(listener)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind((address, 0))
                listener.listen()
        yield opened
        touched = select.select(opened, [], [], 0)[0]
        expect(not touched, "somebody connected to the host")
    finally:
        for listener in opened:
            listener.close()


def host_addresses() -> list:
    """What a sandbox could take for its host."""
    found = {"127.0.0.1", "127.0.1.1", "0.0.0.0", "::1", "::", "10.0.2.2", "172.17.0.1", "169.254.1.1"}
    with open("/proc/net/fib_trie", encoding="ascii") as file:
        words = file.read().split()
    found.update(word for before, word in zip(words, words[1:]) if before == "|--" and not word.endswith(".0"))
    return sorted(found)


@case("N05", "the host's loopback, its other addresses, the server's own port", "unreachable or refused", quick=True)
def host(bench):
    with listeners() as opened:
        ports = [bench.server.port, *(listener.getsockname()[1] for listener in opened)]
        expressions = {f"{address} {port}": f"tcp({address!r}, {port})"
                       for address in host_addresses() for port in ports}
        expressions |= {f"udp {address}": f"udp({address!r}, {ports[0]})" for address in host_addresses()
                        if not address.startswith(("127.", "0.", ":"))}
        expressions["link-local"] = (
            f"attempt(lambda: socket.socket(socket.AF_INET6).connect(('fe80::1', {ports[0]}, 0, 1)))")
        return reached(bench, expressions, (*UNREACHABLE, "ECONNREFUSED"))


@case("N06", "from one sandbox to another: by address, ARP, broadcast, multicast, abstract sockets", "nobody answers",
      quick=True)
def other_sandbox(bench):
    listening = Background(bench.python, program("""
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
tcp = socket.create_server(('0.0.0.0', 7777))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('0.0.0.0', 5353))
unix = socket.socket(socket.AF_UNIX)
unix.bind('\\0outpost-hostile')
unix.listen()
for each in (tcp, udp, unix): each.setblocking(False)
open('/dev/shm/listening', 'w').close()
signal.sigwait([signal.SIGUSR1])
show([attempt(tcp.accept), attempt(lambda: udp.recv(1)), attempt(unix.accept)])
"""))
    pids = []

    def find() -> bool:
        pids[:] = [pid for pid in in_runs(bench.server) if os.path.exists(f"/proc/{pid}/root/dev/shm/listening")]
        return bool(pids) or listening.is_over()

    wait_for(find, "the listener does not come")
    expressions = {f"tcp {address}": f"tcp({address!r}, 7777)" for address in
                   ("127.0.0.1", "0.0.0.0", "127.1.2.3", "10.0.0.1", "169.254.0.1", "172.17.0.2", "192.168.0.2")}
    expressions |= {f"udp {address}": f"udp({address!r}, 5353)" for address in ("224.0.0.251", "10.255.255.255",
                                                                                "ff02::fb")}
    expressions |= {
        "abstract": "attempt(lambda: socket.socket(socket.AF_UNIX).connect('\\0outpost-hostile'))",
        "neighbours": "'ECONNREFUSED' if len(open('/proc/net/arp').readlines()) == 1 else 'found'",
        "abstract names": "'ECONNREFUSED' if 'outpost' not in open('/proc/net/unix').read() else 'found'",
    }
    seen = reached(bench, expressions, (*UNREACHABLE, "ECONNREFUSED"))
    for pid in pids:
        os.kill(pid, 10)
    expect(report(listening.result()) == ["EAGAIN"] * 3, "the other sandbox was reached")
    return seen


@case("N10", "raw and packet sockets, false source addresses, transparent proxies, marks, devices",
      "EPERM or refused",
      quick=True)
def raw_sockets(bench):
    refused = ("EPERM", "EACCES", "EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT")
    rows = {}
    for family, protocol in ((2, 1), (2, 17), (2, 255), (10, 58), (17, 768), (17, 3)):
        rows[f"raw {family} {protocol}"] = (
            f"attempt(lambda: socket.socket({family}, socket.SOCK_RAW, {protocol}))", refused)
    options = {"IP_TRANSPARENT": (0, 19, 1), "IPV6_TRANSPARENT": (41, 75, 1), "SO_MARK": (1, 36, 7),
               "SO_RCVBUFFORCE": (1, 33, 9),
               "SO_PRIORITY": (1, 12, 7), "SO_DEBUG": (1, 1, 1), "IPT_SO_SET_REPLACE": (0, 64, 1)}
    for name, (level, option, value) in options.items():
        rows[name] = (f"attempt(lambda: six().setsockopt({level}, {option}, {value}))",
                      (*refused, "ENOPROTOOPT", "EINVAL", "ENOENT"))
    rows["SO_BINDTODEVICE"] = ("attempt(lambda: six().setsockopt(1, 25, b'eth0'))", ("EPERM", "ENODEV"))
    for address in ("10.0.0.1", "8.8.8.8", "169.254.169.254"):
        rows[f"bind to {address}"] = (f"attempt(lambda: socket.socket().bind(({address!r}, 0)))", ("EADDRNOTAVAIL",))
    # The network is the sandbox's own, so there is nobody whose port that could be.
    rows["bind below 1024"] = ("attempt(lambda: socket.socket().bind(('127.0.0.1', 80)))", ("ok",))
    rows["tun"] = ("attempt(lambda: open('/dev/net/tun', 'r+b'))", ("ENOENT",))
    rows["add an address"] = ("attempt(lambda: fcntl.ioctl(socket.socket(), 0x8916, bytes(40)))", ("EPERM", "ENODEV"))
    rows["interface down"] = ("attempt(lambda: fcntl.ioctl(socket.socket(), 0x8914, b'lo'.ljust(40, bytes(1))))",
                              ("EPERM",))
    return try_all(bench, rows,
                   "import fcntl\ndef six():\n    return socket.socket(socket.AF_INET6, socket.SOCK_STREAM)")


@case("N11", "load on loopback: as many connections as possible, UDP as fast as possible, half-open connections",
      "limited by descriptors and the CPU's share; a neighbour is not slowed", loads_host=True)
def loopback_load(bench):
    result = bench.python(program("""
listener = socket.create_server(('127.0.0.1', 0), backlog=4096)
address = listener.getsockname()
held, refused = [], None
try:
    while True:
        held.append(socket.create_connection(address, timeout=5))
        held.append(listener.accept()[0])
except OSError as error:
    refused = name_of(error.errno)
count = len(held)
for each in held: each.close()
made = 0
end = time.monotonic() + 2
while time.monotonic() < end:
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(address)
    one.close()
    made += 1
sender, receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(('127.0.0.1', 0))
sent, data = 0, bytes(60000)
end = time.monotonic() + 2
while time.monotonic() < end:
    sender.sendto(data, receiver.getsockname())
    sent += len(data)
show([count, refused, made, sent >> 20])
"""), resource_limits={"memory_mb": 256}, timeout_secs=20)
    if result["status"] == "out_of_memory":
        return "out_of_memory: buffers of sockets are counted against the run"
    count, refused, made, mebibytes = report(result)
    expect(refused in ("EMFILE", "ENOBUFS", "ENOMEM") and count <= 4096, f"{count} ends, then {refused}")
    return f"{count} ends of connections, then {refused}; {made} half-open; {mebibytes} MiB of UDP to itself"


LOW_PORTS = (1, 22, 80, 443, 1023)


@case("N12", "listen on every port", "none of them can be reached from outside", quick=True)
def every_port(bench):
    sandbox = bench.sandbox()
    listening = Background(bench.exec, sandbox, program("""
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
held = []
for port in (*LOW_PORTS, *range(20000, 24000)):
    held.append(socket.create_server(('0.0.0.0', port), backlog=1))
open('/dev/shm/listening', 'w').close()
signal.sigwait([signal.SIGUSR1])
show(len(held))
""".replace("LOW_PORTS", repr(LOW_PORTS))))
    pids = []

    def find() -> bool:
        pids[:] = [pid for pid in in_runs(bench.server) if os.path.exists(f"/proc/{pid}/root/dev/shm/listening")]
        return bool(pids) or listening.is_over()

    wait_for(find, "the listener does not come")
    with open("/proc/net/tcp", encoding="ascii") as file:
        taken = [int(line.split()[1].split(":")[1], 16) for line in file.readlines()[1:] if line.split()[3] == "0A"]
    open_ports = []
    for port in (*LOW_PORTS, *range(20000, 24000)):
        with socket.socket() as probe_socket:
            if port not in taken and probe_socket.connect_ex(("127.0.0.1", port)) == 0:
                open_ports.append(port)
    for pid in pids:
        os.kill(pid, 10)
    count = report(listening.result())
    expect(count == 4000 + len(LOW_PORTS), f"{count} listeners")
    expect(not open_ports, f"the host reaches {open_ports[:5]}")
    return f"{count} listeners, ports below 1024 among them, none reachable from the host"


@case("N14", "abstract sockets of the host's daemons, docker.sock, D-Bus, any socket file", "not visible", quick=True)
def host_sockets(bench):
    name = f"outpost-hostile-{os.getpid()}"
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, socket.socket(socket.AF_UNIX) as abstract, \
            socket.socket(socket.AF_UNIX) as named:
        abstract.bind("\0" + name)
        abstract.listen()
        named.bind(f"{folder}/socket")
        named.listen()
        os.chmod(folder, 0o755)
        os.chmod(f"{folder}/socket", 0o777)
        seen = probe(bench, f"""
def connect(address): return attempt(lambda: socket.socket(socket.AF_UNIX).connect(address))
found = []
for top, folders, names in os.walk('/'):
    folders[:] = [each for each in folders if os.path.join(top, each) not in ('/proc', '/usr')]
    found += [os.path.join(top, each) for each in names if os.path.stat.S_ISSOCK(os.lstat(os.path.join(top,
                                                                                                       each)).st_mode)]
show([connect('\\0{name}'), connect('{folder}/socket'),
      [connect(path) for path in ('/var/run/docker.sock', '/run/docker.sock', '/run/dbus/system_bus_socket',
                                  '/run/systemd/private', '/run/containerd/containerd.sock', '\\0/tmp/.X11-unix/X0')],
      found, len(open('/proc/net/unix').readlines())])
""")
        touched = select.select([abstract, named], [], [], 0)[0]
        expect(not touched, "the host's socket was reached")
    expect(seen[0] == "ECONNREFUSED" and seen[1] == "ENOENT", seen)
    expect(set(seen[2]) <= {"ENOENT", "ECONNREFUSED"} and seen[3] == [] and seen[4] == 1, seen)
    return "abstract ECONNREFUSED, by path ENOENT; no socket file and no name in /proc/net/unix"


@case("N15", "vsock to the hypervisor, the host and itself", "EAFNOSUPPORT before anything is connected", quick=True)
def vsock(bench):
    return try_all(bench, {
        "stream": ("attempt(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))", ("EAFNOSUPPORT",)),
        "datagram": ("attempt(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_DGRAM))", ("EAFNOSUPPORT",)),
        "pair": ("attempt(lambda: socket.socketpair(socket.AF_VSOCK))", ("EAFNOSUPPORT",)),
        "device": ("attempt(lambda: open('/dev/vsock'))", ("ENOENT",)),
    })


@case("N16", "netlink: change links, addresses, routes and rules; ask for sockets, audit, events",
      "EPERM; only loopback is visible",
      quick=True)
def netlink(bench):
    before = """
def ask(kind, flags, body):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.bind((0, 0))
        link.send(struct.pack('IHHII', 16 + len(body), kind, flags, 1, 0) + body)
        return link.recv(65536)
def change(kind, body):
    answer = ask(kind, 5, body)
    code = struct.unpack_from('i', answer, 16)[0]
    return 'ok' if code == 0 else name_of(-code)
def links():
    # The name of a link is attribute 3 of it.
    answer, names, start = ask(18, 0x301, struct.pack('BxHiII', 0, 0, 0, 0, 0)), [], 0
    while start < len(answer):
        length, kind = struct.unpack_from('IH', answer, start)
        place = start + 32
        while kind == 16 and place < start + length:
            size, attribute = struct.unpack_from('HH', answer, place)
            if attribute == 3: names.append(answer[place + 4:place + size - 1].decode())
            place += (size + 3) & ~3
        start += (length + 3) & ~3
    return ' '.join(names)
"""
    rows = {
        "links": ("links()", ("lo",)),
        "interfaces": ("' '.join(name for _, name in socket.if_nameindex())", ("lo",)),
        "new link": ("change(16, struct.pack('BxHiII', 0, 0, 0, 0, 0))", ("EPERM",)),
        "new address": ("change(20, struct.pack('BBBBi', 2, 24, 0, 0, 1) + struct.pack('HH4B', 8, 2, 10, 0, 0, 1))",
                        ("EPERM",)),
        "new route": ("change(24, struct.pack('8BI', 2, 0, 0, 0, 254, 3, 0, 1, 0))", ("EPERM",)),
        "new rule": ("change(32, struct.pack('8BI', 2, 0, 0, 0, 254, 0, 0, 1, 0))", ("EPERM",)),
        "new neighbour": ("change(28, struct.pack('BxxxiHBB', 2, 1, 0, 0, 0))", ("EPERM",)),
    }
    for name, number in (("sockets", 4), ("audit", 9), ("netfilter", 12), ("events", 15), ("generic", 16), ("crypto",
                                                                                                            21)):
        rows[name] = (f"attempt(lambda: socket.socket(16, 3, {number}))", ("EAFNOSUPPORT",))
    return try_all(bench, rows, before)


@case("N17", "descriptors in flight: many of them, and cycles that nobody holds", "limited, and freed with the run")
def descriptors_in_flight(bench):
    before = open_files()
    result = bench.python(program("""
import array
def pass_on(to, what):
    to.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', what))])
cycles, held, storm, refusals = 0, 0, None, set()
end = time.monotonic() + 1.5
while time.monotonic() < end:
    one, other = socket.socketpair()
    try:
        pass_on(one, [other.fileno(), one.fileno()])
        pass_on(other, [one.fileno(), other.fileno()])
        cycles += 1
    except OSError as error:
        # Too many are in flight until the kernel has collected those that nobody holds.
        refusals.add(name_of(error.errno))
    one.close()
    other.close()
one, other = socket.socketpair()
one.setblocking(False)
null = os.open('/dev/null', os.O_RDONLY)
try:
    while True:
        pass_on(one, [null] * 250)
        held += 250
except OSError as error:
    storm = name_of(error.errno)
show([cycles, held, storm, sorted(refusals)])
"""), resource_limits={"memory_mb": 128}, timeout_secs=10)
    ended(result, "succeeded", "out_of_memory", "failed")
    expect(result["status"] != "failed" or "MemoryError" in errors(result), result)
    wait_for(lambda: open_files() <= before + 500, f"open files: {before} before, {open_files()} after")
    if result["status"] != "succeeded":
        return f"{result['status']}; all of it freed"
    cycles, held, storm, refusals = report(result)
    expect(set(refusals) <= {"ETOOMANYREFS"}, refusals)
    expect(storm in ("ETOOMANYREFS", "EAGAIN", "ENOBUFS") and held < 10_000, f"{held} in flight, then {storm}")
    return f"{cycles} cycles, {held} descriptors in flight, then {storm}; all freed with the run"


def open_files() -> int:
    """Open files of the whole host."""
    with open("/proc/sys/fs/file-nr", encoding="ascii") as file:
        return int(file.read().split()[0])


@case("N18", "read and rewrite the sandbox's name, /etc/hosts and /etc/resolv.conf",
      "the sandbox has its own copies", quick=True)
def names(bench):
    watched = ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname")
    before = [os.stat(path).st_mtime_ns for path in watched if os.path.exists(path)]
    look = """
seen = [socket.gethostbyname(socket.gethostname()), socket.gethostname(), 'evil' in open('/etc/hosts').read(),
        open('/etc/resolv.conf').read()]
"""
    for user in ("root", "sandbox"):
        seen = probe(bench, look + """
outcome = [attempt(lambda: open(path, 'a').write('127.0.0.1 evil\\n')) for path in ('/etc/hosts', '/etc/resolv.conf')]
show([seen, outcome])
""", user)
        expect(seen[0][:3] == ["127.0.0.1", seen[0][1], False] and seen[0][1] != socket.gethostname(), seen)
        expect(seen[1] == (["ok", "ok"] if user == "root" else ["EACCES", "EACCES"]), seen)
        expect(seen[0][3] == "", f"a resolver is named: {seen[0][3]!r}")
    after = [os.stat(path).st_mtime_ns for path in watched if os.path.exists(path)]
    expect(before == after, "the host's files changed")
    return "the name is 127.0.0.1; root's changes are seen by its own run only"


@case("N20", "IPv6 that works by accident: addresses, routes, router advertisements", "::1 only",
      quick=True)
def ipv6(bench):
    seen = probe(bench, """
addresses = [line.split()[0] + ' ' + line.split()[-1] for line in open('/proc/net/if_inet6')]
routes = sorted({line.split()[-1] for line in open('/proc/net/ipv6_route')})
def advertised():
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58) as raw:
        raw.sendto(bytes([134]) + bytes(15), ('ff02::1', 0))
show([addresses, routes, attempt(advertised)])
""")
    expect(seen[0] in ([], ["0" * 31 + "1 lo"]) and seen[1] in ([], ["lo"]) and seen[2] == "EPERM", seen)
    return f"addresses {seen[0]}, routes over {seen[1]}, advertisements {seen[2]}"
