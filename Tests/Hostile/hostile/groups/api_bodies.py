# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group A: what stands in bodies, paths and queries."""

import urllib.parse

from hostile.bench import BASE, ended, out
from hostile.case import case, expect
from hostile.groups.api_wire import admin, post_head, send_raw
from hostile.host import processor_seconds

EXECUTE = BASE + "/execute"
# Brackets within brackets: far beyond what a parser that calls itself could follow on its stack.
DEEP = 100_000


@case("A02", "JSON that is deep, wide, with duplicate keys, out of range or not Unicode",
      "400; the server goes on", quick=True)
def hostile_json(bench):
    wide = b'{"language": "bash", "code": "", ' + b", ".join(b'"k%d": 1' % n for n in range(500_000)) + b"}"
    bodies = {
        "deep arrays": b"[" * DEEP, "closed deep arrays": b"[" * DEEP + b"]" * DEEP,
        "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP, "500,000 names": wide,
        "1,500,000 numbers": b"[" + b"1," * 1_500_000 + b"1]",
        "a name twice": b'{"language": "bash", "language": "python", "code": ""}',
        "a name twice, escaped": b'{"code": "", "c\\u006fde": "", "language": "bash"}',
        "1e400": b'{"language": "bash", "code": "", "timeout_secs": 1e400}',
        "a number of a million digits": b'{"language": "bash", "code": "", "timeout_secs": ' + b"9" * 1_000_000 + b"}",
        "NaN": b'{"language": "bash", "code": "", "timeout_secs": NaN}',
        "-Infinity": b'{"language": "bash", "code": "", "timeout_secs": -Infinity}',
        "a lone surrogate": b'{"language": "bash", "code": "\\ud800"}',
        "halves of a surrogate in the wrong order": b'{"language": "bash", "code": "\\udc00\\ud800"}',
        "bytes that are not UTF-8": b'{"language": "bash", "code": "\xff\xfe"}',
        "an overlong form": b'{"language": "bash", "code": "\xc0\xaf"}', "a byte order mark": b"\xef\xbb\xbf{}",
        "UTF-16": '{"language": "bash", "code": ""}'.encode("utf-16"), "a NUL": b'{"language": "bash", "code": ""}\0',
        "a comment": b'{"language": "bash", "code": ""} // x', "nothing": b"", "spaces": b" " * 100_000,
        "null": b"null",
        "two values": b"{} {}", "an open string": b'{"code": "' + b"a" * 1_000_000,
        "a control byte": b'{"code": "\x01"}',
    }
    most = 0
    with admin(bench.server) as caller:
        for name, body in bodies.items():
            before = processor_seconds(bench.server.process.pid)
            reply = caller.call("POST", EXECUTE, body)
            expect(reply.status == 400 and reply.json["code"] == "invalid_request", f"{name}: {reply}")
            # An effort that grows with the square of the body is minutes. A debug build needs most of this.
            spent = processor_seconds(bench.server.process.pid) - before
            most = max(most, spent)
            expect(spent <= 6, f"{name}: {spent:.1f} s of processor time")
    return f"{len(bodies)} bodies, each 400 for at most {most:.2f} s of processor time"


def body_schemas(document: dict):
    """The POST calls of the API's own document: path and the schema of its body."""
    for path, item in document["paths"].items():
        content = item.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield path, resolved(document, content["application/json"]["schema"])


def resolved(document: dict, schema: dict) -> dict:
    while "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


WRONG = [None, True, 1, -1, 0, 1.5, 2**63, 1e300, "", "\0", "x" * 70_000, [], {}, [None], [[]], [{}], {"": None}]


def kinds(value) -> set:
    """The names that JSON Schema has for a value's type."""
    names = {type(None): {"null"}, bool: {"boolean"}, str: {"string"}, list: {"array"}, dict: {"object"}}
    if isinstance(value, float):
        return {"number", "integer"} if value.is_integer() else {"number"}
    return names.get(type(value), {"integer", "number"})


def allowed_kinds(document: dict, schema: dict) -> set:
    schema = resolved(document, schema)
    if "anyOf" in schema:
        return set().union(*(allowed_kinds(document, each) for each in schema["anyOf"]))
    found = schema.get("type", [])
    return set(found if isinstance(found, list) else [found])


@case("A04", "a wrong type for every field of every body, and unknown fields", "400 that names the field",
      quick=True)
def wrong_types(bench):
    sandbox = bench.sandbox()
    tried = 0
    with admin(bench.server) as caller:
        document = caller.call("GET", "/openapi.json").json
        for template, schema in body_schemas(document):
            path = template.replace("{namespace}", "default").replace("{id}", sandbox)
            for noun, prefix in (("proc_id", "proc"), ("ctx_id", "ctx")):
                path = path.replace(f"{{{noun}}}", f"{prefix}_000000000000")
            # The rest of the body is wrong as well, so that nothing is ever made or run.
            for field, part in schema["properties"].items():
                for value in WRONG:
                    if kinds(value) & allowed_kinds(document, part):
                        continue
                    tried += 1
                    names_field(caller.call("POST", path, {field: value, "nobody-knows": 1}), field, value)
            names_field(caller.call("POST", path, {"nobody-knows": 1}), "nobody-knows", 1)
            for body in ([], "text", 1, True):
                expect(caller.call("POST", path, body).status == 400, f"{path} takes {body!r}")
        tried += nested_types(caller, sandbox)
    return f"{tried} values of a wrong type, each 400 with the field's name"


def names_field(reply, field: str, value) -> None:
    expect(reply.status == 400, f"{field}: {value!r:.60}: {reply}")
    named = [detail["field"] for detail in reply.json["details"]]
    expect(any(name == field or name.startswith((field + ".", field + "[")) for name in named),
           f"{field}: {value!r:.60} is not among {named}")


def nested_types(caller, sandbox: str) -> int:
    """Wrong values below the first level; returns how many."""
    bodies = [
        {"env": [["A"]]}, {"env": [["A", 1]]}, {"env": [["", "x"]]}, {"env": [["A=B", "x"]]}, {"env": [["A\0", "x"]]},
        {"env": {"A": "x"}}, {"args": [1]}, {"args": ["a\0b"]}, {"files": [{"path": "", "content": ""}]},
        {"files": [{"path": "a"}]}, {"files": [{"path": "a", "content": "", "content_base64": ""}]},
        {"files": [{"path": "a/../b", "content": ""}]}, {"files": [{"path": "a", "content_base64": "%%"}]},
        {"files": [{"path": "a/", "content": ""}]}, {"files": [{"path": "a\0", "content": ""}]},
        {"resource_limits": {"memory_mb": "64"}}, {"resource_limits": {"memory_mb": 1.5}},
        {"resource_limits": {"nobody-knows": 1}}, {"stdin": "", "stdin_base64": ""}, {"stdin_base64": "a"},
        {"working_dir": "relative"}, {"working_dir": "/a/../b"}, {"timeout_ms": 0}, {"timeout_secs": 0},
        {"code": "", "command": ["true"]}, {"command": []}, {"command": [""]},
    ]
    for body in bodies:
        field = next(iter(body))
        reply = caller.call("POST", f"{BASE}/{sandbox}/exec", {**({} if "command" in body else {"code": ""}), **body})
        expect(reply.status == 400, f"{body}: {reply}")
        # Of two fields that exclude each other either may be the one that is named.
        named = {detail["field"].split(".")[0].split("[")[0] for detail in reply.json["details"]}
        expect(named & set(body) or "command" in named and field == "code", f"{body}: {named}")
    return len(bodies)


NAMES = [
    "plain", "spaces and  more", "ünïcödé", "日本語", "🏴‍☠️ 👩‍👩‍👧", "\u202eright to left", "zero\u200bwidth",
    "../../etc/passwd",
    "%2e%2e%2f", "a:b;c", "'; DROP TABLE sandboxes; --", "<script>alert(1)</script>", "{{7*7}} ${7*7}", "\u00e9",
    "e\u0301",
    "\uff0e\uff0e\uff0f", "K\u212a", "\ufeff", "\U0010ffff", "Z" + "\u0301" * 100, "line\nbreak", "carriage\r\nreturn",
    "bell\x07",
    "\x1b[31mred", "nul\0", "\u2028", "", "x" * 5000,
]


@case("A05", "Unicode, direction marks, emoji, paths, quotes and line breaks in names, labels, values and file names",
      "accepted and returned unchanged, or 400", quick=True)
def odd_text(bench):
    taken = 0
    with admin(bench.server) as caller:
        for text in NAMES:
            for body in ({"name": text}, {"metadata": {text: "x"}}, {"metadata": {"x": text}}):
                reply = caller.call("POST", BASE, {"language": "bash", **body})
                expect(reply.status in (201, 400), f"{body}: {reply}")
                if reply.status == 400:
                    expect(reply.json["details"][0]["field"].startswith(next(iter(body))), f"{body}: {reply}")
                    continue
                taken += 1
                bench.sandboxes.append(reply.json["id"])
                seen = caller.call("GET", f"{BASE}/{reply.json['id']}").json
                field = next(iter(body))
                expect(seen[field] == body[field], f"{body} comes back as {seen[field]!r}")
            for path in (f"{BASE}?language=", "/auth/v1/pat/", "/auth/v1/seed/"):
                reply = caller.call("GET", path + urllib.parse.quote(text, safe=""))
                expect(reply.status in (200, 400, 404), f"{path}{text!r}: {reply}")
    programs_see(bench)
    return f"{taken} values returned unchanged, the others 400; a program sees each byte of its values"


def programs_see(bench) -> None:
    """What looks alike must stay apart on its way to a program: names of files and variables, arguments, input."""
    pairs = [("\u00e9", "e\u0301"), ("K", "\u212a"), ("\u00c5", "A\u030a"), ("\u03a9", "\u2126")]
    for one, other in pairs:
        result = bench.python(
            "import os, sys\n"
            "print(sorted(open(name, encoding='utf-8').read() for name in os.listdir() if name != 'main.py'))\n"
            f"print(os.environ[{one!r}], os.environ[{other!r}], ascii(sys.argv[1:]), ascii(sys.stdin.read()))",
            files=[{"path": one, "content": "1"}, {"path": other, "content": "2"}],
            env=[[one, "1"], [other, "2"]], args=[one, other], stdin=one + other)
        expected = f"['1', '2']\n1 2 {ascii([one, other])} {ascii(one + other)}\n"
        expect(out(result) == expected, f"{ascii(one)} and {ascii(other)}: {result['stdout']!r} {result['stderr']!r}")
    # A slash and a mark above it are two scalars, and one character for whoever counts so.
    result = bench.bash("cat a/\u0301b", files=[{"path": "a/\u0301b", "content": "found"}])
    expect(out(result) == "found", result)


@case("A06", "ids and names that contain .., are encoded, too long, in another case or reserved", "400 or 404", quick=True)
def traversal(bench):
    sandbox = bench.sandbox()
    token = post_head(bench.server).split(b"Authorization: ")[1].strip()
    ids = ["..", ".", "../" + sandbox, "%2e%2e", "%2e%2e%2f" + sandbox, "..%2f..%2fpat", "..%5c..", "%252e%252e",
           sandbox.upper(),
           sandbox + "/", sandbox + "%00", sandbox + "%20", sandbox + ";x", sandbox + "/.", "/" + sandbox,
           "./" + sandbox,
           sandbox[:-1] + "%" + format(ord(sandbox[-1]), "x"), "con", "nul", "root", "default", "x" * 65, "x" * 5000,
           "*", "%", "%zz",
           "%ff", "null", "-1", "sbx_" + "0" * 12, "sbx_" + "0" * 13, "exec_" + sandbox[4:],
           "sbx\u005f" + "a" * 11 + "\uff10"]
    wrong = []
    for text in ids:
        for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/exec")):
            head = f"{method} {BASE}/{text}{rest} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: ".encode()
            answer = send_raw(bench.server, head + token + b"\r\nConnection: close\r\n\r\n", closes=True)
            if len(answer.statuses) != 1 or answer.statuses[0] not in (400, 404, 405, 415):
                wrong.append(f"{method} {text[:80]}{rest}: {answer}")
    expect(not wrong, wrong)
    expect(bench.request("GET", f"/{sandbox}")[0] == 200, "the sandbox is gone")
    return f"{len(ids) * 3} calls: 400, 404, 405 or 415"


@case("A19", "limits of zero, below zero, above the maximum, beyond 64 bits, and all at once",
      "400 below, 422 above; the answer shows the limits in force", quick=True)
def limits(bench):
    names = ("memory_mb", "cpu_cores", "timeout_ms", "disk_mb", "max_processes", "max_output_bytes")
    sandbox = bench.sandbox()
    with admin(bench.server) as caller:
        for name in names:
            for value, status in ((0, 400), (-1, 400), (-(2**63), 400), (2**31, 422), (2**62, 422), (2**63 - 1, 422),
                                  (2**64, None),
                                  (1e300, None)):
                for path, body in ((BASE, {"language": "bash"}), (EXECUTE, {"language": "bash", "code": "true"}),
                                   (f"{BASE}/{sandbox}/exec", {"code": "0"})):
                    reply = caller.call("POST", path, {**body, "resource_limits": {name: value}})
                    expect(reply.status == status if status else reply.status in (400, 422),
                           f"{path} {name} {value}: {reply}")
                    named = [detail["field"] for detail in reply.json["details"]]
                    expect(named == [f"resource_limits.{name}"], f"{name} {value}: {named}")
        for field, value in (("timeout_secs", 1e9), ("timeout_secs", 1e300), ("timeout_ms", 2**62)):
            reply = caller.call("POST", EXECUTE, {"language": "bash", "code": "", field: value})
            expect(reply.status == 422, f"{field} {value}: {reply}")
        every = {name: 2**31 for name in names}
        expect(caller.call("POST", BASE, {"language": "bash", "resource_limits": every}).status == 422,
               "all at once are taken")
    result = bench.bash("ulimit -u; exit 0", resource_limits={"memory_mb": 64, "max_processes": 20, "timeout_ms": 60_000})
    expect(result["status"] == "succeeded", result)
    return f"{len(names) * 24 + 4} limits refused with the field's name"


@case("A23", "shell syntax in arguments, programs that begin with a dash, names of variables with = or NUL",
      "arguments arrive unchanged; no shell interprets them", quick=True)
def no_shell(bench):
    words = ["$(id)", "`id`", "; id", "&& id", "|id", "-n", "--", "a\nb", "*", "~", "", " ", "'\"", "\\", "$HOME",
             "%s", "{a,b}", "!!"]
    result = bench.execute("python", command=["/usr/bin/python3", "-c", "import sys; print(sys.argv[1:])", *words])
    expect(out(result) == f"{words}\n", result)
    result = bench.python("import sys; print(sys.argv[1:])", args=words)
    expect(out(result) == f"{words}\n", result)
    result = bench.bash('printf "%s|" "$@"', args=words)
    expect(out(result) == "|".join(words) + "|", result)
    for program in ("-c", "--help", "true; id", "$(id)", "/usr/bin/true id", "../usr/bin/true\nid", "~root"):
        result = bench.execute("bash", command=[program])
        expect(result["status"] == "failed" and "uid=" not in out(result), f"{program!r}: {result}")
    values = [["A", "$(id)"], ["B", "a\nb"], ["C", "x=y"], ["-n", "1"], ["D E", "f"], ["BASH_FUNC_x%%", "() { id; }"]]
    result = bench.execute("python", command=[
        "/usr/bin/python3", "-c", "import os, sys; print([os.environ[n] for n in sys.argv[1:]])",
        *(name for name, _ in values)],
        env=values)
    expect(out(result) == f"{[value for _, value in values]}\n", result)
    for name in ("A=B", "A\0", ""):
        status, answer = bench.request("POST", "/execute", {"language": "bash", "code": "env", "env": [[name, "x"]]})
        expect(status == 400, f"{name!r}: {answer}")
    return f"{len(words)} words and {len(values)} variables arrive unchanged"


@case("A24", "pages before the first, beyond the last and not numbers; duplicate and unknown parameters",
      "400 that names the parameter; a page has a largest size", quick=True)
def pages(bench):
    bench.sandbox()
    wrong = ["page=0", "page=-1", "page=1.5", "page=abc", "page=", "page=9223372036854775808", "page=1000000001",
             "page=1&page=2",
             "per_page=0", "per_page=101", "per_page=-1", "per_page=1e2", "per_page=0x10", "per_page=+5%00",
             "sort=id;drop",
             "sort=secret_hash", "sort=", "order=up", "order=ASC", "cursor=AAAA", "limit=1000", "offset=-1",
             "status=x", "mode=",
             "status=ready&status=failed", "%70age=0", "page=%ff", "=1", "language=%0a", "language=" + "x" * 65]
    for query in wrong:
        for path in (BASE, "/auth/v1/pat"):
            with admin(bench.server) as caller:
                reply = caller.call("GET", f"{path}?{query}")
                expect(reply.status == 400 and reply.json["details"], f"{path}?{query}: {reply}")
    with admin(bench.server) as caller:
        for query in ("page=1000000000&per_page=100", "page=1000000000"):
            reply = caller.call("GET", f"{BASE}?{query}")
            expect(reply.status == 200 and reply.json["data"] == [], reply)
        reply = caller.call("GET", f"{BASE}?per_page=1")
        expect(reply.status == 200 and len(reply.json["data"]) == 1, reply)
    return f"{len(wrong)} queries, each 400 with the parameter's name"


# Names, values, environment and labels of a sandbox, together.
RECORD_BYTES = 262_144


def record(size: int) -> dict:
    """An environment and labels of together `size` bytes; some characters have two."""
    labels = {"label": "\u00e9" * 1000, "\u00e9": "x"}
    rest = size - sum(len(text.encode()) for pair in labels.items() for text in pair)
    pairs = []
    while rest > 0:
        name = f"V{len(pairs):03}"
        part = min(rest - len(name), 100_000)
        pairs.append([name, "x" * part])
        rest -= len(name) + part
    return {"env": pairs, "metadata": labels}


@case("A26", "sandboxes with as much environment and as many labels as are kept, and a byte more; the same in calls that keep none",
      "400 above 262,144 bytes, and nothing is made; a run takes an environment and no labels", quick=True)
def large_records(bench):
    count = bench.request("GET", "")[1]["pagination"]["total"]
    for mode in ("ephemeral", "stateful"):
        for size, wanted in ((RECORD_BYTES, 201), (RECORD_BYTES + 1, 400), (4 * RECORD_BYTES, 400)):
            fields = record(size)
            status, answer = bench.request("POST", "", {"language": "bash", "mode": mode, **fields})
            expect(status == wanted, f"{mode}, {size} bytes: {status}: {answer}")
            if status == 201:
                bench.sandboxes.append(answer["id"])
                count += 1
                status, kept = bench.request("GET", "/" + answer["id"])
                expect(status == 200 and {name: kept[name] for name in fields} == fields, "it is kept in another form")
            else:
                expect(str(RECORD_BYTES) in answer["message"], answer)
    expect(bench.request("GET", "")[1]["pagination"]["total"] == count, "a refused sandbox is there")
    seen = bench.exec(bench.sandboxes[-1], "echo ${#V000} ${#V001}")
    expect(seen["stdout"] == "100000 100000\n", f"a program finds {seen}")
    fields = record(2 * RECORD_BYTES)
    for path in ("/execute", "/jobs", f"/{bench.sandboxes[-1]}/exec"):
        language = {} if path.endswith("/exec") else {"language": "bash"}
        status, answer = bench.request("POST", path, {"code": "true", **language, "metadata": fields["metadata"]})
        expect(status == 400, f"{path} with labels: {status}: {answer}")
    seen = bench.bash("echo ${#V000} ${#V004}", env=fields["env"])
    ended(seen, "succeeded")
    expect(seen["stdout"].startswith("100000 100000"), f"a program finds {seen}")
    return f"{RECORD_BYTES} bytes are kept in both modes, more is refused; a run may have {2 * RECORD_BYTES} bytes"
