# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group A: the API's edge. Framing, methods, browsers, and what comes back in headers.

Left out: A22 (WebSocket) until there are terminals, A25 (secrets) until there are secrets. A18 is with the jobs. The parts of A12 about HTTP/2 frames have nothing to attack: the server speaks HTTP/1.1 only.
"""

import gzip
import socket

from hostile.bench import BASE
from hostile.case import HANG_SECONDS, Failure, case, expect
from hostile.groups.api_wire import Caller, admin, connect, post_head, resident_bytes, send_raw
from hostile.pace import expect_as_fast

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
HIDDEN = GET + b"X-Hidden: 1\r\n\r\n"
MEMORY_SLACK = 64 << 20


@case("A01", "a body of 1 GiB, a false length, endless chunks, a gzip bomb", "413 or 415 at once; memory does not grow",
      quick=True)
def large_bodies(bench):
    server = bench.server
    before = resident_bytes(server)
    for fields in (["Content-Length: 1073741824"], ["Content-Length: 1073741824", "Expect: 100-continue"]):
        answer = send_raw(server, post_head(server, *fields) + b"\r\n", closes=True)
        expect(answer.statuses == [413] and answer.is_closed, f"{fields}: {answer}")
    stranger = b"POST " + BASE.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n"
    answer = send_raw(server, stranger, closes=True)
    expect(answer.statuses == [401] and answer.is_closed, answer)
    # Ten bytes are promised and three come: nobody else waits for the rest.
    with connect(server) as liar:
        liar.sendall(post_head(server, "Content-Length: 10") + b"\r\n{}\n")
        expect(send_raw(server, HIDDEN).statuses == [200], "a half body holds up others")
    sent = endless_chunks(server)
    bomb = gzip.compress(bytes(64 << 20))
    head = post_head(server, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
    expect(send_raw(server, head + b"\r\n" + bomb).statuses == [415], "a compressed body is taken")
    grown = resident_bytes(server) - before
    expect(grown < MEMORY_SLACK, f"the server grew by {grown >> 20} MiB")
    return f"413, 401 and 415 at once; endless chunks ended after {sent >> 20} MiB; server grew by {grown >> 20} MiB"


def endless_chunks(server) -> int:
    """Sends chunks until the server has had enough; returns how many bytes that took."""
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    sent = 0
    with connect(server) as connection:
        connection.sendall(post_head(server, "Transfer-Encoding: chunked") + b"\r\n")
        try:
            while sent < 1 << 30:
                connection.sendall(chunk)
                sent += 1 << 20
        except OSError:
            return sent
    raise Failure("1 GiB of chunks was taken")


def smuggled(server) -> list:
    """Requests that two servers in a row might cut differently, each with another one hidden behind it."""
    def post(*fields, body=b""):
        return post_head(server, *fields) + b"\r\n" + body + HIDDEN

    return [
        ("a length and chunks", post("Content-Length: 2", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
        ("chunks and a length", post("Transfer-Encoding: chunked", "Content-Length: 2", body=b"0\r\n\r\n")),
        ("two lengths", post("Content-Length: 2", "Content-Length: 60", body=b"{}")),
        ("the same length twice", post("Content-Length: 2", "Content-Length: 2", body=b"{}")),
        ("a list of lengths", post("Content-Length: 2, 2", body=b"{}")),
        ("a length with a sign", post("Content-Length: +2", body=b"{}")),
        ("a negative length", post("Content-Length: -2", body=b"{}")),
        ("a hexadecimal length", post("Content-Length: 0x2", body=b"{}")),
        ("an empty length", post("Content-Length: ", body=b"{}")),
        ("a space before the colon", post("Transfer-Encoding : chunked", body=b"0\r\n\r\n")),
        ("a vertical tab", post("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n")),
        ("an unknown coding", post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n")),
        ("identity", post("Transfer-Encoding: identity", body=b"{}")),
        ("chunked, then more", post("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n")),
        ("more, then chunked", post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n")),
        ("two codings", post("Transfer-Encoding: x", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
        ("chunked twice", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
        ("a folded coding", post("Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n")),
        ("a folded header", GET + b"X: a\r\n b\r\n\r\n" + HIDDEN),
        ("bare line feeds", GET.replace(b"\r\n", b"\n") + b"\n" + HIDDEN),
        ("bare carriage returns", GET.replace(b"\r\n", b"\r") + b"\r" + HIDDEN),
        ("a line feed in a value", GET + b"X: a\nContent-Length: 60\r\n\r\n" + HIDDEN),
        ("a carriage return in a value", GET + b"X: a\rContent-Length: 60\r\n\r\n" + HIDDEN),
        ("a NUL in a value", GET + b"X: a\0b\r\n\r\n" + HIDDEN),
        ("a chunk ended by a line feed", post("Transfer-Encoding: chunked", body=b"2\n{}\n0\n\n")),
        ("an extension ended by one", post("Transfer-Encoding: chunked", body=b"2;a\n{}\r\n0\r\n\r\n")),
        ("a chunk longer than it says", post("Transfer-Encoding: chunked", body=b"2\r\n{}XX0\r\n\r\n")),
        ("a chunk of 0x2", post("Transfer-Encoding: chunked", body=b"0x2\r\n{}\r\n0\r\n\r\n")),
        ("a chunk of -2", post("Transfer-Encoding: chunked", body=b"-2\r\n{}\r\n0\r\n\r\n")),
        ("a chunk beyond 64 bits", post("Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\n{}\r\n0\r\n\r\n")),
        ("two hosts", GET + b"Host: other\r\n\r\n" + HIDDEN),
        ("a host that is none", GET.replace(b"localhost", b"a b/c") + b"\r\n" + HIDDEN),
        ("a name of a header with a space", GET + b"X Y: 1\r\n\r\n" + HIDDEN),
        ("a header without a name", GET + b": 1\r\n\r\n" + HIDDEN),
        ("a header without a colon", GET + b"Xyz\r\n\r\n" + HIDDEN),
    ]


@case("A11", "requests that two servers would split differently, with another one hidden in each",
      "one 4xx, then the connection ends; the hidden one is never answered", quick=True)
def smuggling(bench):
    wrong = []
    cases = smuggled(bench.server)
    for name, data in cases:
        answer = send_raw(bench.server, data, closes=True)
        if len(answer.statuses) != 1 or not 400 <= answer.statuses[0] < 500 or not answer.is_closed:
            wrong.append(f"{name}: {answer}")
    expect(not wrong, wrong)
    chunked = post_head(bench.server, "Transfer-Encoding: chunked") + b"\r\n"
    # These are proper by RFC 9112, and so must be understood in its one way: two requests, two answers.
    for name, data in [
            ("a chunk extension", chunked + b"2;a=b\r\n{}\r\n0\r\n\r\n"),
            ("a trailer", chunked + b"2\r\n{}\r\n0\r\nContent-Length: 60\r\nAuthorization: Bearer x\r\n\r\n"),
            ("the absolute form", b"GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")]:
        answer = send_raw(bench.server, data + HIDDEN, answers=2)
        expect(len(answer.statuses) == 2 or answer.is_closed and len(answer.statuses) == 1, f"{name}: {answer}")
    return f"{len(cases)} forms, each one 4xx and the end"


@case("A12", "unusual methods and versions, Expect, upgrades, requests without a token behind requests with one",
      "answered or closed; a credential counts for its own request only", quick=True)
def methods(bench):
    server = bench.server
    for data, allowed in [
            (b"GET /healthz\r\n\r\n", [400]), (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), [400, 505]),
            (b"get /healthz HTTP/1.1\r\nHost: x\r\n\r\n", [400, 405]),
            (b"GET /healthz HTTP/3.7\r\nHost: x\r\n\r\n", [400, 505]),
            (b"TRACE /healthz HTTP/1.1\r\nHost: x\r\nX-Secret: 1\r\n\r\n", [405]),
            (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n", [400, 404, 405]),
            (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", [404, 405]),
            (GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", [200]),
            (GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n", [200])]:
        answer = send_raw(server, data)
        expect(len(answer.statuses) == 1 and answer.statuses[0] in allowed, f"{data[:40]!r}: {answer}")
        expect("X-Secret" not in answer.text, "the request comes back")
    # No header makes a GET into anything else.
    sandbox = bench.sandbox()
    with admin(server) as caller:
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            caller.call("GET", f"{BASE}/{sandbox}", headers={name: "DELETE"})
        caller.call("GET", f"{BASE}/{sandbox}?_method=DELETE")
        expect(caller.call("GET", f"{BASE}/{sandbox}").status == 200, "a GET deleted a sandbox")
    expectations(server)
    # The friend's credential must not be there for the stranger, nor the other way round, on one connection.
    friend = post_head(server, "Content-Length: 2") + b"\r\n{}"
    stranger = b"GET " + BASE.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = send_raw(server, friend + stranger + friend + stranger, answers=4)
    expect(answer.statuses == [400, 401, 400, 401], answer)
    return "every one answered once; 100-continue only for who may send; 400, 401, 400, 401 in a pipeline"


def expectations(server) -> None:
    """A body is asked for when it is wanted, refused at once when it is not, and HEAD has no content."""
    body = b'{"language": "bash", "code": "echo asked"}'
    with connect(server) as connection:
        connection.sendall(post_head(server, "Expect: 100-continue", f"Content-Length: {len(body)}") + b"\r\n")
        expect(connection.recv(4096).startswith(b"HTTP/1.1 100 "), "100-continue is not answered")
        connection.sendall(body)
        expect(connection.recv(65536).startswith(b"HTTP/1.1 200 "), "the body after 100-continue is not taken")
    refused = b"POST /auth/v1/pat HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    answer = send_raw(server, refused, closes=True)
    expect(answer.statuses == [401] and answer.is_closed, answer)
    answer = send_raw(server, b"HEAD /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" + HIDDEN, answers=2)
    expect(answer.statuses == [200, 200] and "openapi" not in answer.text, answer)


@case("A13", "a page in a browser, from another site and under a name that leads to this server",
      "no CORS header, and nothing without a token: no browser adds a credential by itself", quick=True)
def browsers(bench):
    server = bench.server
    with Caller(server, None) as page:
        for host in ("localhost", "attacker.example", "169.254.169.254"):
            for origin in ("http://attacker.example", "null", f"http://127.0.0.1:{server.port}"):
                fields = {"Host": host, "Origin": origin, "Cookie": "session=1", "Sec-Fetch-Site": "cross-site"}
                for method, path in (("GET", BASE), ("POST", BASE + "/execute"), ("GET", "/auth/v1/pat")):
                    reply = page.call(method, path, b"{}" if method == "POST" else None, fields)
                    expect(reply.status == 401, f"{method} {path} for {origin} at {host}: {reply}")
                    allows_nobody(reply)
                preflight = page.call("OPTIONS", BASE, headers={
                    **fields, "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "authorization"})
                expect(preflight.status in (401, 404, 405), preflight)
                allows_nobody(preflight)
                # A form's body is none of JSON's type, even if the page knew a token.
                form = {**fields, "Content-Type": "text/plain"}
                with admin(server) as careless:
                    expect(careless.call("POST", BASE + "/execute", b"{}", form).status == 415, "a form is taken")
                allows_nobody(page.call("GET", "/healthz", headers=fields))
    return "401 for each origin and host, no Access-Control header, 415 for a form"


def allows_nobody(reply) -> None:
    found = [name for name in reply.headers if name.lower().startswith("access-control-")]
    expect(not found and "Set-Cookie" not in reply.headers, f"headers {found}")


@case("A10", "line breaks in every value that could come back in a header", "the answer has only the server's own headers",
      quick=True)
def header_injection(bench):
    server = bench.server
    known = {"content-type", "content-length", "date", "x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining",
             "x-ratelimit-reset", "allow", "www-authenticate", "connection", "retry-after",
             "content-security-policy", "x-content-type-options"}
    evil = "%0d%0aX-Injected:%201%0d%0a%0d%0a"
    raw_lines = [
        f"GET /auth/v1/pat/{evil} HTTP/1.1", f"GET {BASE}/{evil} HTTP/1.1", f"GET /{evil} HTTP/1.1",
        f"GET {BASE}?sort={evil}&{evil}=1 HTTP/1.1", f"PUT /auth/v1/seed/{evil}/sandbox HTTP/1.1",
    ]
    token = post_head(server).split(b"Authorization: ")[1]
    for line in raw_lines:
        for extra in (b"", b"X-Request-Id: mine\r\n", b"Idempotency-Key: a\tb\r\n", b"Origin: http://x\r\n"):
            data = line.encode() + b"\r\nHost: localhost\r\nAuthorization: " + token + extra + b"\r\n"
            check_headers(send_raw(server, data, silence=0.02), known)
    body = '{"name": "a\\r\\nX-Injected: 1", "metadata": {"k": "\\r\\nX-Injected: 1"}, "language": "bash"}'.encode()
    with admin(server) as caller:
        for key in ("plain", "a b", "x" * 128):
            reply = caller.call("POST", BASE, body, {"Idempotency-Key": key})
            expect({name.lower() for name in reply.headers} <= known, reply.headers)
            expect(reply.status == 400, reply)
    return f"{len(raw_lines) * 4 + 3} requests; no header but the server's own"


def check_headers(answer, known) -> None:
    head = answer.text.split("\r\n\r\n")[0].split("\r\n")[1:]
    names = {line.split(":")[0].lower() for line in head}
    expect(len(answer.statuses) == 1 and names and names <= known, f"{names - known}: {answer}")
    ids = [line.split(": ")[1] for line in head if line.lower().startswith("x-request-id:")]
    expect(len(ids) == 1 and ids[0].startswith("req_"), f"request ids {ids}")


def half_open(server, count: int, data: bytes) -> list:
    """Connections that have said `data` and nothing more."""
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=HANG_SECONDS)
        connection.sendall(data)
        connections.append(connection)
    return connections


def run_beside(server) -> None:
    answer = server.call("POST", BASE + "/execute", {"language": "bash", "code": "echo served"})
    expect(answer["stdout"] == "served\n", f"a run beside them failed: {answer}")


@case("A03", "2,000 connections that are idle or stop in the middle", "others get answers as before", quick=True)
def idle_connections(bench):
    connections = []
    try:
        connections += half_open(bench.server, 1000, b"")
        connections += half_open(bench.server, 500, b"GET /hea")
        connections += half_open(bench.server, 500, post_head(bench.server, "Content-Length: 100") + b"\r\n{")
        took = expect_as_fast(lambda: run_beside(bench.server), lambda: run_beside(bench.control), "a run beside them")
    finally:
        for connection in connections:
            connection.close()
    return f"a run beside 2,000 of them took {took * 1000:.0f} ms"
