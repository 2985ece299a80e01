# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Every live call with ids of others and in wrong states."""

import json

from hostile.case import case, expect
from hostile.live_calls import BYTES, CALLS, JSON, NOBODY, LiveCall, ids_of, live, process
from hostile.tenants import tenant


def same_text(answer: dict | None, *identifiers: str) -> str:
    text = json.dumps({key: value for key, value in (answer or {}).items() if key != "request_id"})
    for identifier in identifiers:
        text = text.replace(identifier, "ID")
    return text


@case("Q37", "every live call with ids that never were, of another namespace, of another sandbox, and with malformed ones",
      "404, the same words for all of these; nothing changes", quick=True)
def ids_of_others(bench):
    tried = 0
    with tenant(bench.server, "q37-thief") as thief, tenant(bench.server, "q37-owner") as owner:
        with live(thief) as own, live(thief) as beside, live(owner) as foreign:
            for call in CALLS:
                for kind in ids_of(call):
                    answers = [(ids[kind], call.made(thief, {**own, kind: ids[kind]})) for ids in (NOBODY, foreign, beside)
                               if ids is not beside or kind != "sandbox"]
                    texts = {(status, same_text(answer, identifier)) for identifier, (status, answer) in answers}
                    expect(len(texts) == 1 and answers[0][1][0] == 404, f"{call} tells ids of {kind} apart: {texts}")
                    for odd in ("x", "%2e%2e", "proc_ZZZZZZZZZZZZ", "a" * 300):
                        status, _ = call.made(thief, {**own, kind: odd})
                        expect(status in (404, 405), f"{call} with {kind} {odd!r} answers {status}")
                    tried += len(answers) + 4
            for caller, ids in ((owner, foreign), (thief, beside)):
                for path in (f"processes/{ids['proc']}", f"contexts/{ids['ctx']}"):
                    status, answer = caller.request("GET", f"/{ids['sandbox']}/{path}")
                    expect(status == 200 and answer["status"] in ("running", "idle"), f"{path} is {answer}")
    return f"{tried} calls, each 404"


def expect_conflict(call: LiveCall, caller, ids: dict, *words: str) -> None:
    status, answer = call.made(caller, ids)
    said = "" if answer is None else answer["message"]
    # The answer to HEAD has no words.
    expect(status == 409 and (call.method == "HEAD" or all(word in said for word in words)),
           f"{call} answers {status}: {said}, without {words}")


@case("Q38", "every live call on an ephemeral sandbox, a paused one, one in use, an ended process, one without input or terminal, "
      "a dead kernel", "409 that names the state; nothing changes", quick=True)
def wrong_states(bench):
    with tenant(bench.server, "q38") as caller, live(caller) as ids:
        tried = ephemeral_states(caller) + process_states(caller, ids) + kernel_states(caller, ids)
        for call in (LiveCall("POST", "snapshot", {}), LiveCall("POST", "fork", {"count": 1})):
            expect_conflict(call, caller, ids, "process")
        expect_conflict(LiveCall("POST", "resume"), caller, ids, "running", "not paused")
        status, answer = caller.request("POST", f"/{ids['sandbox']}/pause")
        expect(status == 200, answer)
        paused = [call for call in CALLS if not call.is_while_paused]
        for call in paused:
            expect_conflict(call, caller, ids, "paused")
        status, answer = caller.request("POST", f"/{ids['sandbox']}/resume")
        expect(status == 200, answer)
        status, content = LiveCall("GET", "processes/{proc}").made(caller, ids)
        expect(status == 200, content)
    return f"{tried + 3 + len(paused)} calls, each 409 with the state"


def ephemeral_states(caller) -> int:
    """What an ephemeral sandbox does not have, as far as no id of a thing is needed."""
    ids = {**NOBODY, "sandbox": caller.create(mode="ephemeral")}
    refused = [call for call in CALLS if not call.is_anywhere and len(ids_of(call)) == 1]
    for call in refused:
        expect_conflict(call, caller, ids, "ephemeral")
    caller.request("DELETE", f"/{ids['sandbox']}")
    return len(refused)


def process_states(caller, ids: dict) -> int:
    made = {name: process(caller, ids, **fields) for name, fields in {
        "ended": {"command": ["true"]}, "plain": {"command": ["sleep", "600"], "name": "taken"}}.items()}
    LiveCall("GET", "processes/{proc}?wait_secs=60").made(caller, made["ended"])
    table = [("ended", "signal", {"signal": "SIGINT"}, "exited"), ("ended", "resize", {"cols": 1, "rows": 1}, "exited"),
             ("ended", "stdin", None, "has ended"), ("plain", "stdin", None, "input"),
             ("plain", "resize", {"cols": 1, "rows": 1}, "terminal")]
    for name, path, body, word in table:
        call = LiveCall("POST", "processes/{proc}/" + path, body, BYTES if body is None else JSON)
        expect_conflict(call, caller, made[name], word)
    expect_conflict(LiveCall("POST", "processes", {"command": ["true"], "name": "taken"}), caller, ids,
                    "name", "running process")
    return len(table) + 1


def kernel_states(caller, ids: dict) -> int:
    path = f"/{ids['sandbox']}/contexts"
    status, made = caller.request("POST", path, {"language": "python"})
    expect(status == 201, made)
    caller.request("POST", f"{path}/{made['id']}/exec", {"code": "import os; os.kill(os.getpid(), 9)"})
    # To interrupt what does not run changes nothing.
    refused = [call for call in CALLS if call.path.endswith(("/exec", "/complete", "/inspect")) and "{ctx}" in call.path]
    for call in refused:
        expect_conflict(call, caller, {**ids, "ctx": made["id"]}, "dead")
    return len(refused)
