# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group Q, continued: kernels, whose code speaks with the server over the kernel's own descriptors."""

import time

from hostile.case import case, expect
from hostile.groups.api_wire import resident_bytes
from hostile.host import wait_for
from hostile.scratch_server import scratch_server
from hostile.tenants import Attack, neighbour, tenant

SECONDS = 8

# Writes to every descriptor that may be the kernel's own.
TO_ALL = """
import os, time
def send(data):
    for descriptor in range(3, 30):
        try: os.write(descriptor, data)
        except OSError: pass
"""
HOSTILE = {
    "garbage": TO_ALL + "send(b'garbage garbage')\ntime.sleep(60)",
    "a frame of 4 GiB": TO_ALL + "send(b'\\xff\\xff\\xff\\xff\\x00' + b'x' * 1000)\ntime.sleep(60)",
    "a message that is not JSON": TO_ALL + "send(b'\\x02\\x00\\x00\\x00\\x00}{')\ntime.sleep(60)",
    "a message that is deep": TO_ALL + "deep = b'[' * 100000\nsend(len(deep).to_bytes(4, 'little') + b'\\x00' + deep)\n"
                                        "time.sleep(60)",
    "a message that never ends": TO_ALL + "send((4 << 20).to_bytes(4, 'little') + b'\\x00' + b'x' * 60000)\ntime.sleep(60)",
    "results of a million bytes": "for _ in range(300): display('x' * 1_000_000)",
    "a million results": "for n in range(200_000): display(n)",
    "an endless print": "while True: print('y' * 10_000)",
    "an end of its own": "import os; os.kill(os.getpid(), 9)",
    "a signal that it ignores": "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)",
    "a false end": TO_ALL + "message = b'{\"type\":\"end\",\"id\":1,\"status\":\"ok\",\"execution_count\":-5,\"matches\":[1]}'\n"
                            "send(len(message).to_bytes(4, 'little') + b'\\x00' + message)\ntime.sleep(60)",
}


@case("Q51", "code in a kernel writes to the kernel's own descriptors, shows too much, prints without end, ignores signals",
      "each kernel ends alone, with a reason, or its code is cut; the server's memory does not grow, and another's run works "
      "meanwhile", quick=True, has_neighbour=True)
def hostile_kernels(bench):
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            sandbox = greedy.create(language="python")
            before = resident_bytes(server)
            seen = {}
            for name, code in HOSTILE.items():
                status, context = greedy.request("POST", f"/{sandbox}/contexts", {})
                expect(status == 201, context)
                path = f"/{sandbox}/contexts/{context['id']}"
                status, answer = greedy.request("POST", path + "/exec", {"code": code, "timeout_secs": 1})
                expect(status == 200, (name, answer))
                seen[name] = (answer["status"], answer["message"])
                expect(len(answer["results"]) <= 1000, name)
                status, state = greedy.request("GET", path)
                expect(status == 200 and (state["status"] == "dead") == (state["cause"] is not None), state)
                status, answer = greedy.request("POST", path + "/restart")
                expect(status == 200 and answer["status"] == "idle", (name, answer))
                status, answer = greedy.request("POST", path + "/exec", {"code": "1"})
                expect(status == 200 and answer["results"][0]["text/plain"] == "1", (name, answer))
                status, _ = greedy.request("DELETE", path)
                expect(status == 204, name)
            grown = (resident_bytes(server) - before) >> 20
            expect(grown < 96, f"the server has {grown} MiB more")
            expect(all(seen[name][0] == "failed" for name in ("garbage", "a frame of 4 GiB", "an end of its own")), seen)
            wait_for(lambda: greedy.use("max_live_processes") == 0 and greedy.use("max_concurrent_runs") == 0,
                     "kernels live on")
        return f"{len(seen)} attacks, each kernel works again; the server grew by {grown} MiB; neighbour {watched.verdict()}"


@case("Q52", "a tenant starts as many kernels as the server takes, and sends each of them more calls than may wait",
      "429 above its share; the calls that do not fit get 429; another's run works meanwhile; all ends with the sandbox",
      quick=True, has_neighbour=True)
def all_kernels(bench):
    with scratch_server(bench.server.program, max_live_processes=16) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            sandbox = greedy.create(language="python", resource_limits={"memory_mb": 128})
            answers = [greedy.request("POST", f"/{sandbox}/contexts", {}) for _ in range(20)]
            held = [answer["id"] for status, answer in answers if status == 201]
            refused = [answer for status, answer in answers if status == 429]
            expect(len(held) == 12 and len(refused) == 8, [status for status, _ in answers])
            expect(all("max_live_processes" in answer["message"] for answer in refused), refused[:1])
            with Attack() as attack:
                path = f"/{sandbox}/contexts/{held[0]}/exec"
                attack.start(60, lambda _: greedy.request(
                    "POST", path, {"code": "import time; time.sleep(0.1)", "timeout_secs": 60}))
                watched.wait_for_enough(SECONDS)
            expect(attack.count(200) + attack.count(429) == 60 and attack.count(429) > 0, attack.answers[:3])
            started = time.monotonic()
            status, _ = greedy.request("DELETE", f"/{sandbox}")
            expect(status == 204, status)
            wait_for(lambda: greedy.use("max_live_processes") == 0, "kernels live on without their sandbox")
            seconds = time.monotonic() - started
        return (f"12 kernels held and 8 got 429; of 60 calls {attack.count(429)} got 429; gone {seconds:.1f} s after their "
                f"sandbox; neighbour {watched.verdict()}")
