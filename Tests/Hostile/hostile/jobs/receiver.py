# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is called when a job has ended."""

import hashlib
import hmac
import http.server
import random
import re
import threading
import time

SIGNATURE = re.compile(r"t=([0-9]+),v1=([0-9a-f]{64})")
# A receiver that is slow or not well at times meets the server's kill in the middle of a delivery.
SLOW_SHARE, UNWELL_SHARE = 0.05, 0.05
SLOW_SECONDS = 0.2


class Receiver:
    """A server for callbacks on a free port, that keeps what it has taken with 200."""

    def __init__(self, seed: int):
        self.chance = random.Random(seed)
        self.secrets = {}
        # By job, the bodies that were taken.
        self.bodies = {}
        self.complaints = []
        self.count = 0
        self.arrived = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One delivery."""

            def do_POST(self):  # pylint: disable=invalid-name
                receiver.receive(self)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def url(self, namespace: str) -> str:
        return f"http://{self.address}/{namespace}"

    def receive(self, call) -> None:
        body = call.rfile.read(int(call.headers["Content-Length"]))
        with self.arrived:
            self.count += 1
            luck = self.chance.random()
        if luck < SLOW_SHARE:
            time.sleep(SLOW_SECONDS)
        is_unwell = luck > 1 - UNWELL_SHARE and call.headers["Outpost-Attempt"] == "1"
        try:
            call.send_response(503 if is_unwell else 200)
            call.send_header("Content-Length", "0")
            call.end_headers()
        except OSError:
            # The server was killed meanwhile: it can't know that this one arrived, and nor does it count.
            return
        if not is_unwell:
            self.take(call, body)

    def take(self, call, body: bytes) -> None:
        job, problem = call.headers["Outpost-Delivery"], self.problem(call, body)
        with self.arrived:
            if problem:
                self.complaints.append(f"callback of {job}: {problem}")
            self.bodies.setdefault(job, []).append(body)
            self.arrived.notify_all()

    def problem(self, call, body: bytes):
        """What is wrong with the signature, or None."""
        found = SIGNATURE.fullmatch(call.headers["Outpost-Signature"] or "")
        if not found:
            return f"no signature: {call.headers['Outpost-Signature']}"
        secret = self.secrets[call.path.strip("/")]
        code = hmac.new(secret.encode(), found[1].encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(code, found[2]):
            return "the signature is wrong"
        return None if abs(time.time() - int(found[1])) < 60 else f"signed at {found[1]}"

    def wait_for(self, job: str, deadline: float) -> list:
        """The bodies that came for `job`, when there is one or the time is up."""
        with self.arrived:
            self.arrived.wait_for(lambda: job in self.bodies, max(0, deadline - time.monotonic()))
            return list(self.bodies.get(job, []))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
