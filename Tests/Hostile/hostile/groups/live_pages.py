# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Pages of other sites, and the WebSockets of terminals."""

import contextlib
import http.client

from hostile.case import case, expect
from hostile.host import wait_for
from hostile.live_calls import CALLS, SOCKET, LiveCall, live
from hostile.tenants import tenant
from hostile.websocket import WebSocket, frame


# Frames with which a terminal ends, and how; `attach` has them all in A22.
ODD_FRAMES = [(frame(b"", length=1 << 30), 1009), (frame(b"x", is_masked=False), 1002), (frame(b"no JSON", opcode=1), 1008),
              (frame(b'{"odd": 1}', opcode=1), 1008), (frame(b"\xff", opcode=1), 1007)]


@case("A33", "pages of other sites open the WebSockets of processes and call what the dashboard calls; terminals get hostile frames",
      "403 for a foreign Origin and nothing is started; no page of another site may read or frame an answer; each frame ends its "
      "own terminal", quick=True)
def foreign_origins(bench):
    server = bench.server
    own = f"http://127.0.0.1:{server.port}"
    origins = ("http://attacker.example", "null", "", f"http://127.0.0.1:{server.port + 1}", own + ".attacker.example",
               f"ftp://127.0.0.1:{server.port}")
    with tenant(server, "a33") as caller, live(caller) as ids:
        sockets = [one for one in CALLS if one.kind == SOCKET]
        for one in sockets:
            for origin in origins:
                status, answer = shaken(one, caller, ids, origin)
                expect(status == 403 and "Origin" in answer, f"{one} from {origin!r} answers {status}: {answer}")
            expect(shaken(one, caller, ids, own)[0] == 101, f"{one} from its own page is refused")
        wait_for(lambda: caller.use("max_live_processes") == 2, "a page of another site has started a terminal")
        for method, path in (("GET", "/"), ("GET", "/dashboard/main.js"), ("GET", caller.base), ("OPTIONS", caller.base)):
            headers = page_headers(caller, method, path)
            expect(not any(name.startswith("access-control-") for name in headers), f"{path}: {headers}")
            expect(path != "/" or "frame-ancestors 'none'" in headers["content-security-policy"], headers)
        for subprotocol in ("", "chat"):
            expect(WebSocket(caller, f"/{ids['sandbox']}/terminal", subprotocol).status == 400, f"{subprotocol!r} is taken")
        for bytes_, code in ODD_FRAMES:
            terminal = WebSocket(caller, f"/{ids['sandbox']}/terminal")
            terminal.socket.sendall(bytes_)
            found = terminal.close_code()
            expect(found == code, f"{bytes_[:40]!r} is closed with {found}, not {code}")
            terminal.close()
    return f"{len(origins) * len(sockets)} handshakes refused; no Access-Control header; {len(ODD_FRAMES)} frames with their codes"


def shaken(one: LiveCall, caller, ids: dict, origin: str) -> tuple:
    """The status of a handshake that a page of this origin begins, and its answer."""
    path, headers, _ = one.head(caller, ids)
    connection = http.client.HTTPConnection("127.0.0.1", caller.server.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={**headers, "Origin": origin})
        answer = connection.getresponse()
        return answer.status, "" if answer.status == 101 else answer.read().decode()


def page_headers(caller, method: str, path: str) -> dict:
    """The headers of an answer to a page of another site that knows a token."""
    connection = http.client.HTTPConnection("127.0.0.1", caller.server.port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, headers={
            "Authorization": caller.authorization, "Origin": "http://attacker.example", "Sec-Fetch-Site": "cross-site",
            "Access-Control-Request-Method": "POST"})
        return {name.lower(): value for name, value in connection.getresponse().getheaders()}
