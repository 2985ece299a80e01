# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Cases of groups A and O about jobs: whom the server may be made to call, and what a stream of events may carry."""

import base64
import json
import re
import socket
import threading

from hostile.bench import BASE, ended
from hostile.case import case, expect
from hostile.groups.api_wire import admin, resident_bytes
from hostile.host import wait_for

CAP = 100_000
WRITTEN = 50_000_000
DROPPED = re.compile(r'^outpost_callbacks_total\{outcome="dropped"\} ([0-9.]+)$', re.MULTILINE)

# Addresses that are not the public internet's, in every spelling that some resolver takes.
INTERNAL_HOSTS = (
    "127.0.0.1", "127.1", "0", "localhost.", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]",
    "[fe80::1%25lo]", "[fd00::1]", "[ff02::1]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254",
    "198.18.0.1", "224.0.0.1", "255.255.255.255", "127.0.0.1@example.com", "example.com@127.0.0.1", "127.0.0.1%00.example.com",
    "127。0。0。1", "①②⑦.0.0.1",
)
# These are told apart only when they are looked up.
INTERNAL_NAMES = ("localhost", "LOCALHOST")
OTHER_SCHEMES = ("file:///etc/passwd", "gopher://127.0.0.1/_", "unix:///run/outpost.sock", "ftp://127.0.0.1/", "//127.0.0.1/")


class Listener:
    """Counts who connects to a port of the loopback interface."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.count = 0
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return
            self.count += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # What waits in accept is woken only by this.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def dropped(caller) -> float:
    return float(DROPPED.search(caller.call("GET", "/metrics").content.decode())[1])


@case("A18", "a callback to an internal address, in every spelling",
      "400, or the callback ends after the look-up of the name; nobody is called", quick=True)
def internal_callbacks(bench):
    with Listener() as listener, admin(bench.server) as caller:
        urls = [f"http://{host}:{listener.port}/" for host in INTERNAL_HOSTS]
        # The server's own API is as internal as any other.
        urls += [*OTHER_SCHEMES, f"http://127.0.0.1:{bench.server.port}{BASE}"]
        for url in urls:
            answer = submit(caller, url)
            expect(answer.status == 400 and answer.json["details"][0]["field"] == "callback_url", f"{url}: {answer}")
        before = dropped(caller)
        for name in INTERNAL_NAMES:
            answer = submit(caller, f"http://{name}:{listener.port}/")
            expect(answer.status == 201, f"{name}: {answer}")
        wait_for(lambda: dropped(caller) >= before + len(INTERNAL_NAMES), "a callback to a name was not given up")
        expect(listener.count == 0, f"the server has called {listener.count} times")
    return f"{len(urls)} refused with 400, {len(INTERNAL_NAMES)} names ended after the look-up, nobody called"


def submit(caller, url: str):
    return caller.call("POST", BASE + "/jobs", {"language": "bash", "code": "true", "callback_url": url})


@case("O-02", "more output than the limit over a stream of events", "the same limit; the server's memory does not grow",
      quick=True, loads_host=True)
def capped_stream(bench):
    with admin(bench.server) as caller:
        body = {"language": "bash", "code": f"yes | head -c {WRITTEN}; yes n | head -c {WRITTEN} >&2",
                "resource_limits": {"max_output_bytes": CAP}}
        job = caller.call("POST", BASE + "/jobs", body).json
        before = resident_bytes(bench.server)
        stream = caller.call("GET", f"{BASE}/jobs/{job['id']}/logs", headers={"Accept": "text/event-stream"})
        grown = resident_bytes(bench.server) - before
        expect(stream.status == 200, stream)
        events = [event.split("\n") for event in stream.content.decode().split("\n\n") if event.startswith("event: ")]
        sent = {"stdout": b"", "stderr": b""}
        for name, data in ((event[0][7:], json.loads(event[1][6:])) for event in events):
            if name in sent:
                sent[name] += base64.b64decode(data["data_base64"]) if "data_base64" in data else data["data"].encode()
        expect(sent == {"stdout": b"y\n" * (CAP // 2), "stderr": b"n\n" * (CAP // 2)},
               {name: len(part) for name, part in sent.items()})
        result = caller.call("GET", f"{BASE}/jobs/{job['id']}").json["result"]
        ended(result, "succeeded")
        expect(result["stdout_truncated"] and result["stdout_bytes"] == WRITTEN, result["stdout_bytes"])
        expect(grown < 24 << 20, f"the server grew by {grown} bytes")
    return f"{CAP} of {WRITTEN} bytes of each stream, in {len(events)} events; the server grew by {max(grown, 0) >> 20} MiB"
