# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group A: who may do what, and how often."""

import concurrent.futures
import os
import random
import re
import statistics
import time

from hostile.bench import BASE, out
from hostile.case import Failure, case, expect
from hostile.groups.api_wire import Caller, admin, admin_token, connect, new_token
from hostile.scratch_server import scratch_server

SANDBOX = "/auth/v1/seed/{namespace}/sandbox/{id}"
NAMESPACE = "/auth/v1/seed/{namespace}"
ADMINISTRATORS = ("/auth/v1/pat", "/auth/v1/api_keys")
# Who has any credential may see them, and they are the same for everybody.
EVERYBODYS = {"/auth/v1/languages"}
# The caller's own, and with `?namespace=` another's, for administrators.
OWN = {"/auth/v1/quotas"}
# On every path, whatever the document says is there.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# What the API's later versions will have, and other spellings of what there is, besides what the document has.
BELOW = {"", "/files/etc/passwd", "/files/etc/passwd?list", "/archive?path=/", "/terminal", "/processes", "/jobs",
         "/jobs/job_000000000000", "/logs", "/proxy/80/", "/pause", "/resume", "/snapshot", "/fork"}
BESIDE = {"/sandbox", "/sandbox/jobs", "/sandbox/jobs/batch"}
NOBODYS = "sbx_000000000000"


def normal(reply, *names: str) -> tuple:
    """What an answer tells, without what is different each time and without the names that the request itself had."""
    text = re.sub(r"req_[0-9a-f]{12}", "req", reply.content.decode())
    for name in names:
        text = text.replace(name, "NAME")
    return reply.status, text, sorted(name.lower() for name in reply.headers)


def request_body(method: str):
    return {"code": "print(open('/workspace/secret').read())"} if method in ("POST", "PUT", "PATCH") else None


class Surface:
    """Every path to try, by whose it is; what /openapi.json has is among them, so that no new route is forgotten."""

    def __init__(self, server):
        with Caller(server, None) as nobody:
            paths = nobody.call("GET", "/openapi.json").json["paths"]
        self.methods = METHODS | {method.upper() for operations in paths.values() for method in operations}
        guarded = {path for path, operations in paths.items()
                   if any(operation["security"] for operation in operations.values())}
        in_sandbox = {path for path in guarded if path.startswith(SANDBOX)}
        in_namespace = {path for path in guarded - in_sandbox if path.startswith(NAMESPACE)}
        of_administrators = {path for path in guarded if path.startswith(ADMINISTRATORS)}
        unknown = guarded - in_sandbox - in_namespace - of_administrators - EVERYBODYS - OWN
        expect(not unknown, f"whose these are this case does not know: {unknown}")
        expect(all((in_sandbox, in_namespace, of_administrators)), f"the document lacks paths: {guarded}")
        self.below = sorted(BELOW | {filled(path.removeprefix(SANDBOX)) for path in in_sandbox})
        self.beside = sorted(BESIDE | {filled(path.removeprefix(NAMESPACE)) for path in in_namespace})
        self.tokens = sorted({path.replace("{name}", name) for path in of_administrators
                              for name in ("admin", "never-was")})

    def calls(self, paths: list) -> list:
        return [(method, path) for path in paths for method in sorted(self.methods)]


def filled(path: str) -> str:
    """With something for each parameter that is not a namespace or a sandbox."""
    return re.sub(r"\{\w+\}", "x", path)


@case("A07", "every verb on every object of another namespace, with three kinds of credential",
      "the answer is the same as for an object that never existed: 404 in one's own namespace, 403 in the other's", quick=True)
def other_tenants(bench):
    sandboxes = [bench.sandbox(name="victim", metadata={"secret": "of-a07"}), bench.sandbox(mode="ephemeral")]
    bench.exec(sandboxes[0], "open('/workspace/secret', 'w').write('of-a07')")
    surface = Surface(bench.server)
    with admin(bench.server) as owner:
        before = [owner.call("GET", f"{BASE}/{sandbox}").json for sandbox in sandboxes]
    tried = 0
    for kind, scopes in (("pat", None), ("api_keys", None), ("pat", ["sandbox:read"])):
        fields = {"namespace": "a07-other", **({"scopes": scopes} if scopes else {})}
        with new_token(bench.server, kind, **fields) as (authorization, _):
            with Caller(bench.server, authorization) as other:
                tried += sum(try_sandbox(other, surface, sandbox) for sandbox in sandboxes)
                tried += try_collections(other, surface, sandboxes)
                tried += try_tokens(other, surface)
    with admin(bench.server) as owner:
        after = [owner.call("GET", f"{BASE}/{sandbox}").json for sandbox in sandboxes]
    expect(before == after, f"a sandbox changed: {before} {after}")
    expect(out(bench.exec(sandboxes[0], "print(open('/workspace/secret').read())")) == "of-a07\n", "its file changed")
    return f"{tried} calls; none revealed, ran or changed anything"


# A body or a query that does not fit is refused before the server looks for the sandbox.
UNSEEN = (400, 403, 404, 405)


def try_sandbox(other: Caller, surface: Surface, sandbox: str) -> int:
    """Every verb on a sandbox and all below it; returns how many calls that were."""
    calls = surface.calls(surface.below)
    for method, below in calls:
        body = request_body(method)
        own = [other.call(method, f"/auth/v1/seed/a07-other/sandbox/{id}{below}", body) for id in (sandbox, NOBODYS)]
        expect(normal(own[0], sandbox) == normal(own[1], NOBODYS), f"{method} {below}: {own[0]} is not {own[1]}")
        expect(own[0].status in UNSEEN, f"{method} {below}: {own[0]}")
        spaces = [other.call(method, f"/auth/v1/seed/{name}/sandbox/{sandbox}{below}", body)
                  for name in ("default", "a07-never-was")]
        expect(normal(spaces[0], "default") == normal(spaces[1], "a07-never-was"),
               f"{method} {below}: {spaces[0]} is not {spaces[1]}")
        expect(spaces[0].status in UNSEEN, f"{method} {below}: {spaces[0]}")
        expect("of-a07" not in str(own[0]) + str(spaces[0]), "the secret is told")
    return 4 * len(calls)


def try_collections(other: Caller, surface: Surface, sandboxes: list) -> int:
    """Lists, execute in a sandbox that is not one's own, and the same in the other's namespace."""
    listed = other.call("GET", "/auth/v1/seed/a07-other/sandbox?per_page=100")
    expect(listed.status == 200 and listed.json["data"] == [] and listed.json["pagination"]["total"] == 0, listed)
    for sandbox in sandboxes:
        body = {"language": "python", "code": "print(1)", "sandbox_id": sandbox}
        reply = other.call("POST", "/auth/v1/seed/a07-other/sandbox/execute", body)
        never = other.call("POST", "/auth/v1/seed/a07-other/sandbox/execute", {**body, "sandbox_id": NOBODYS})
        expect(reply.status in (403, 404) and normal(reply, sandbox) == normal(never, NOBODYS), f"{reply}, {never}")
    calls = surface.calls(surface.beside)
    for method, path in calls:
        reply = other.call(method, f"/auth/v1/seed/default{path}", request_body(method))
        expect(reply.status in (403, 404, 405), f"{method} {path}: {reply}")
    for path in OWN:
        own = other.call("GET", path)
        expect(own.status == 200 and own.json["namespace"] == "a07-other", own)
        replies = [other.call("GET", f"{path}?namespace={name}") for name in ("default", "a07-never-was")]
        expect(replies[0].status == 403 and normal(replies[0], "default") == normal(replies[1], "a07-never-was"),
               f"{path}: {replies[0]} is not {replies[1]}")
    return 1 + 2 * len(sandboxes) + len(calls) + 3 * len(OWN)


def try_tokens(other: Caller, surface: Surface) -> int:
    """Tokens are the administrator's: whether one exists is not told either."""
    calls = surface.calls(surface.tokens)
    for method, path in calls:
        body = {"name": "stolen", "scopes": ["admin"]} if method == "POST" else request_body(method)
        reply = other.call(method, path, body)
        expect(reply.status in (403, 405), f"{method} {path}: {reply}")
    return len(calls)


@case("A08", "a token from inside a sandbox, in a URL, in other schemes; a revoked and a replaced token, and one with too small a scope",
      "no token inside; 401, or 403 for the scope", quick=True)
def tokens(bench):
    server = bench.server
    secret = admin_token(server)
    inside = bench.bash(
        "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null; grep -rs op_pat_ /etc /tmp /workspace /home /run")
    expect(not re.search("op_pat_[0-9a-f]", out(inside)), "a token is inside the sandbox")
    reached = bench.python(
        "import socket\ns = socket.socket()\ns.settimeout(1)\n"
        f"print(s.connect_ex(('127.0.0.1', {server.port})))")
    expect(out(reached).strip() not in ("", "0"), f"the API can be reached from inside: {reached}")
    with Caller(server, None) as nobody:
        for query in (
    f"token={secret}",
    f"access_token={secret}",
    f"api_key={secret}",
     f"authorization=Bearer%20{secret}"):
            expect(nobody.call("GET", f"{BASE}?{query}").status == 401, f"a token counts in the query: {query[:20]}")
        for fields in ({"X-API-Key": secret},
    {"Cookie": f"token={secret}"},
    {"Proxy-Authorization": f"Bearer {secret}"},
    {"Authorization": secret},
    {"Authorization": f"Basic {secret}"},
    {"Authorization": f"Token {secret}"},
    {"Authorization": f"API-Key admin${secret}"},
    {"Authorization": f"API-Key ${secret}"},
    {"Authorization": f"Bearer {secret.upper()}"},
    {"Authorization": f"Bearer {secret[:-1]}"},
    {"Authorization": f"Bearer {secret}0"},
    {"Authorization": f"Bearer {secret},{secret}"},
    {"Authorization": f"Bearer\t{secret}"},
     {"Authorization": "Bearer op_pat_" + "0" * 64}):
            reply = nobody.call("GET", BASE, headers=fields)
            expect(reply.status == 401 and "WWW-Authenticate" in reply.headers, f"{list(fields)}: {reply}")
    with admin(server) as owner:
        with new_token(server) as (old, name), Caller(server, old) as holder:
            expect(holder.call("GET", BASE).status == 200, "a new token is not taken")
            expect(owner.call("DELETE", f"/auth/v1/pat/{name}").status == 204, "a token cannot be revoked")
            expect(holder.call("GET", BASE).status == 401, "a revoked token is taken on an open connection")
            owner.call("POST", "/auth/v1/pat", {"name": name})
            expect(holder.call("GET", BASE).status == 401, "a replaced token is taken")
        with new_token(server, scopes=["sandbox:read"]) as (reader, _), Caller(server, reader) as holder:
            for method, path in (("POST", BASE), ("POST", BASE + "/execute"), ("DELETE", f"{BASE}/{NOBODYS}"),
                                 ("GET", "/auth/v1/pat")):
                reply = holder.call(method, path, {"language": "bash", "code": ""} if method == "POST" else None)
                expect(reply.status == 403, f"{method} {path}: {reply}")
        for days in (0, -1, 2**40):
            reply = owner.call("POST", "/auth/v1/pat", {"name": "a08-days", "expires_in_days": days})
            expect(reply.status == 400, f"a token of {days} days: {reply}")
    return "no token inside, 401 for 18 wrong ways to send one and for old ones, 403 beyond a scope"


GUESSES, ATTEMPTS = 3000, 5


@case("A09", "12,000 wrong tokens that share more and more digits with a right one; the files on the disk",
      "the time reveals nothing; only hashes are stored")
def guessing(bench):
    secret = admin_token(bench.server)
    digits = secret.removeprefix("op_pat_")
    guesses = []
    # None twice: what those two differ by is noise.
    for shared in (0, 0, 32, 63):
        # Another digit after the shared ones, and others to the same length.
        guess = digits[:shared] + "".join("0" if digit != "0" else "1" for digit in digits[shared:])
        guesses.append(f"GET /auth/v1/languages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer op_pat_{guess}\r\n\r\n")
    # What tells something tells it each time; noise does not.
    for _ in range(ATTEMPTS):
        quartiles = guessing_times(bench.server, guesses)
        noise, slope = (abs(quartiles[number] - quartiles[0]) for number in (1, 3))
        if slope < max(5, 0.05 * quartiles[0], 3 * noise):
            break
    else:
        raise Failure(f"microseconds by shared digits: {quartiles}")
    for name in os.listdir(bench.server.data):
        path = os.path.join(bench.server.data, name)
        if name != "admin.token" and os.path.isfile(path):
            with open(path, "rb") as file:
                expect(digits.encode() not in file.read(), f"{name} holds a token as it is")
    return f"63 shared digits or none: {slope:.1f} of {quartiles[0]:.0f} microseconds apart, noise {noise:.1f}"


def guessing_times(server, guesses: list) -> list:
    """The microseconds of each guess, by turns; the faster quarter is where the machine's other work disturbs least."""
    times = [[] for _ in guesses]
    with connect(server) as connection:
        for _ in range(GUESSES):
            for number in random.sample(range(len(guesses)), len(guesses)):
                started = time.perf_counter()
                connection.sendall(guesses[number].encode())
                answer = connection.recv(65536)
                times[number].append(time.perf_counter() - started)
                expect(answer.startswith(b"HTTP/1.1 401 "), answer)
    return [statistics.quantiles(each)[0] * 1e6 for each in times]


@case("A14", "three times the rate of a plan, and ten times the runs that the server takes",
      "429 with Retry-After; accepted work finishes; others get answers")
def overload(bench):
    with new_token(bench.server, plan="free") as (authorization, _), Caller(bench.server, authorization) as eager:
        # Calls that take long, one after the other, are no more than the rate allows.
        for _ in range(20):
            started = time.monotonic()
            replies = [eager.call("GET", BASE) for _ in range(30)]
            seconds = time.monotonic() - started
            refused = [reply for reply in replies if reply.status == 429]
            # Each second that begins on the way brings another ten.
            expect(len(replies) - len(refused) <= 10 * (int(seconds) + 2), [reply.status for reply in replies])
            if refused:
                break
        expect(0 < len(refused) < len(replies), [reply.status for reply in replies])
        expect(all(reply.json["code"] == "rate_limited" and int(
            reply.headers["Retry-After"]) >= 1 for reply in refused), refused[0])
        with admin(bench.server) as other:
            expect(other.call("GET", BASE).status == 200, "another credential is refused")
        time.sleep(int(refused[-1].headers["Retry-After"]))
        expect(eager.call("GET", BASE).status == 200, "refused after Retry-After")
    with scratch_server(bench.server.program, max_concurrent_runs=8) as server:
        counts = overload_runs(server)
    return f"{len(refused)} of 30 calls 429; of 80 runs at once {counts[200]} succeeded and {counts[429]} got 429"


def overload_runs(server) -> dict:
    """Sends ten times the runs that the server takes; returns how many answers had which status."""
    def run(number: int):
        with admin(server) as caller:
            return caller.call("POST", BASE + "/execute", {"language": "bash", "code": f"sleep 0.5; echo {number}"})

    with concurrent.futures.ThreadPoolExecutor(80) as pool:
        replies = list(pool.map(run, range(80)))
    # One namespace has three quarters of the places.
    counts = {200: 0, 429: 0}
    for number, reply in enumerate(replies):
        expect(reply.status in counts, reply)
        counts[reply.status] += 1
        if reply.status == 200:
            expect(reply.json["status"] == "succeeded" and reply.json["stdout"] == f"{number}\n", reply)
        else:
            expect(int(reply.headers["Retry-After"]) >= 1 and reply.json["code"] == "rate_limited", reply)
    expect(counts[200] >= 6 and counts[429] > 0, counts)
    expect(run(1).status == 200, "after the overload runs are refused")
    return counts
