# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group A: clients that take their time, against a server that gives them two seconds."""

import contextlib
import os
import resource
import socket
import statistics
import subprocess
import time

from hostile.bench import BASE
from hostile.case import HANG_SECONDS, NotHere, case, expect
from hostile.groups.api_http import run_beside
from hostile.groups.api_wire import admin, connect, post_head, resident_bytes
from hostile.pace import expect_as_fast
from hostile.scratch_server import scratch_server

IDLE_SECONDS = 2


def is_closed(connection: socket.socket) -> bool:
    """Whether the other end hangs up at all."""
    connection.settimeout(HANG_SECONDS)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def drips(connection: socket.socket, data: bytes) -> float:
    """Sends `data` byte by byte; returns after how many seconds the other end had enough."""
    started = time.monotonic()
    connection.setblocking(False)
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        for byte in data:
            connection.send(bytes([byte]))
            with contextlib.suppress(BlockingIOError):
                if not connection.recv(65536):
                    break
            if time.monotonic() - started > HANG_SECONDS:
                break
            time.sleep(0.1)
    return time.monotonic() - started


@case("A03-slow", "a head and a body in small pieces, an answer that is not read, a TLS handshake that stops",
      "each ends after two idle times at most; others get answers")
def slow_clients(bench):
    with scratch_server(bench.server.program, idle_timeout_secs=IDLE_SECONDS) as server:
        with connect(server) as connection:
            head = drips(connection, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1000)
        with connect(server) as connection:
            connection.sendall(post_head(server, "Content-Length: 1000000") + b"\r\n")
            body = drips(connection, b" " * 1000)
        for name, took in (("head", head), ("body", body)):
            expect(took < HANG_SECONDS, f"a {name} in drips went on for {took:.1f} s")
        unread = max(untaken_answers(server, count) for count in (1, 2))
        with admin(server) as caller:
            slow = b'{"language": "bash", "code": "sleep 5; echo patient"}'
            # A call that takes longer than the idle time is work, not silence.
            reply = caller.call("POST", BASE + "/execute", slow)
            expect(reply.status == 200 and reply.json["stdout"] == "patient\n", reply)
    handshake = half_a_handshake(bench)
    return f"ended after: head {head:.1f} s, body {body:.1f} s, untaken answer {unread:.1f} s, handshake {handshake}"


def untaken_answers(server, count: int) -> float:
    """Asks for 20 MiB `count` times and takes none of it; returns after how many seconds the server gave up."""
    body = (b'{"language": "python", "code": "print(\'x\' * (20 << 20))", '
            b'"resource_limits": {"max_output_bytes": 33554432}}')
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall((post_head(server, f"Content-Length: {len(body)}") + b"\r\n" + body) * count)
        started = time.monotonic()
        while connections_of(server, connection.getsockname()[1]):
            expect(time.monotonic() - started < HANG_SECONDS, "an answer that is not taken is kept")
            time.sleep(0.05)
        return time.monotonic() - started


def connections_of(server, client_port: int) -> bool:
    """Whether the server still has an open connection to this port of a client."""
    ends = f"0100007F:{server.port:04X} 0100007F:{client_port:04X} 01"
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(" ".join(line.split()[1:4]) == ends for line in table)


def half_a_handshake(bench) -> str:
    """Begins to speak TLS and stops; tells after how many seconds the server hung up."""
    if not os.path.exists("/usr/bin/openssl"):
        return "not tried: there is no openssl to make a certificate"
    directory = os.path.dirname(bench.server.data)
    key, certificate = (os.path.join(directory, name) for name in ("a03.key", "a03.pem"))
    subprocess.run(["/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                   "/CN=localhost", "-days", "1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    files = f"{{cert: {certificate}, key: {key}}}"
    with tls_server(bench, files) as port:
        for first in (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
            started = time.monotonic()
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(first)
                expect(is_closed(connection), "half a handshake is kept")
    return f"{time.monotonic() - started:.1f} s"


@contextlib.contextmanager
def tls_server(bench, files: str):
    """Gives the port of a server that speaks TLS; its health is asked for with the certificate unchecked."""
    directory = os.path.join(os.path.dirname(bench.server.data), "a03-tls")
    os.makedirs(directory, exist_ok=True)
    configuration = os.path.join(directory, "outpost.yaml")
    with open(configuration, "w", encoding="ascii") as file:
        file.write(f"tls: {files}\nidle_timeout_secs: {IDLE_SECONDS}\nfirst_id: {0x60000000}\n")
    with subprocess.Popen([bench.server.program, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                           os.path.join(directory, "data"),
                           "--config", configuration], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           text=True) as process:
        try:
            said = process.stdout.readline()
            expect(said.startswith("outpost is listening on https://"), said)
            yield int(said.strip().rsplit(":", 1)[1])
        finally:
            process.terminate()
            process.wait(HANG_SECONDS)


@case("A03-many", "10,000 connections, idle or with half a head; then two idle times",
      "new connections replace the oldest; others get answers meanwhile; all are closed; memory stops growing")
def many_connections(bench):
    count = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 1000:
        raise NotHere(f"a process may have {hard} open files here, which is fewer than {count} connections")
    connections = []
    try:
        # What a shell gives; a server has to ask for more itself.
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
        with scratch_server(bench.server.program, idle_timeout_secs=30) as server:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            before = resident_bytes(server)
            for number in range(count):
                connection = connect(server)
                connections.append(connection)
                if number % 2:
                    # The server may have closed it already, for those that came after it.
                    with contextlib.suppress(ConnectionError):
                        connection.sendall(b"GET /healthz HT")
            held, times, run = served_beside(server, bench.control)
            expect(held <= 600, f"the server holds {held} of {count} connections")
            grown = resident_bytes(server) - before
            expect(grown < 96 << 20, f"the server grew by {grown >> 20} MiB")
            for connection in connections:
                expect(is_closed(connection), "an idle connection is kept")
    finally:
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    usual, slowest = (seconds * 1000 for seconds in (statistics.median(times), max(times)))
    return (f"beside {count}: /healthz {usual:.1f} ms, {slowest:.0f} at the slowest of 100, a run {run * 1000:.0f} ms; "
            f"{grown / count / 1024:.1f} KiB each; all closed")


def served_beside(server, control) -> tuple:
    """How many descriptors the server has open, what 100 answers took, and what a run took, in seconds."""
    times = []
    with admin(server) as caller:
        for _ in range(100):
            started = time.monotonic()
            expect(caller.call("GET", "/healthz").status == 200, "not healthy beside them")
            times.append(time.monotonic() - started)
    run = expect_as_fast(lambda: run_beside(server), lambda: run_beside(control), "a run beside them")
    # Connections are accepted in the order in which they came, so those before this one are held now.
    return len(os.listdir(f"/proc/{server.process.pid}/fd")), times, run
