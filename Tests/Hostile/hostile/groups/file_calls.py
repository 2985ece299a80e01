# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Groups F, D, O and Q: attacks on the calls that read and write the files of a sandbox."""

import http.client
import io
import json
import os
import socket
import tarfile
import threading
import time
import urllib.parse

from hostile.bench import BASE, ended, out
from hostile.case import case, expect
from hostile.groups.api_wire import admin_token, resident_bytes
from hostile.groups.filesystem_planted import bait
from hostile.host import wait_for
from hostile.scratch_server import scratch_server
from hostile.tenants import neighbour, tenant

MIB = 1 << 20


def authorization(server) -> str:
    return "Bearer " + admin_token(server)


def quoted(path: str) -> str:
    return urllib.parse.quote(path, safe="")


def call(server, authorization: str, method: str, path: str, body=None):
    """The status and the bytes of a call; the body can be a generator of bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    try:
        connection.request(method, path, body, {"Authorization": authorization}, encode_chunked=not isinstance(body, bytes))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Files:
    """The files of one sandbox of a bench."""

    def __init__(self, bench, sandbox: str):
        self.bench = bench
        self.base = f"{BASE}/{sandbox}"

    def file(self, method: str, path: str, query: str = "", body=None):
        return self.call(method, f"/files/{quoted(path)}{query}", body)

    def archive(self, method: str, path: str, body=None):
        return self.call(method, f"/archive?path={quoted(path)}" + ("&mkdir" if method == "PUT" else ""), body)

    def call(self, method: str, path: str, body=None):
        status, content = call(self.bench.server, authorization(self.bench.server), method, self.base + path, body)
        self.bench.transcript.append(repr(content[:4096]))
        return status, content


@case("F03", "links where a download reads: to the host's files, in loops, through a folder, swapped with a file meanwhile",
      "the sandbox's own file or 4xx; never a file of the host", quick=True)
def planted_downloads(bench):
    with bait(bench) as folder:
        sandbox = bench.sandbox(language="bash")
        files = Files(bench, sandbox)
        targets = ["/etc/shadow", os.path.join(bench.server.data, "admin.token"), os.path.join(folder, "target"),
                   "../" * 40 + bench.server.data.lstrip("/") + "/admin.token", "/proc/1/root/etc/shadow", "loop"]
        links = "\n".join(f"ln -s '{target}' link{number}" for number, target in enumerate(targets))
        ended(bench.exec(sandbox, f"{links}\nln -s loop loop\nln -s / up\nmkfifo pipe\necho inside > file"), "succeeded")
        statuses = set()
        for path in [f"link{number}" for number in range(len(targets))] + [f"up{folder}/target", "pipe", "loop"]:
            for query in ("", "?list", "?watch"):
                status, content = files.file("GET", path, query)
                expect(status in (400, 403, 404, 409), f"{path}{query} answers {status}: {content[:200]}")
                statuses.add(status)
        swap = threading.Thread(target=bench.exec, args=(sandbox, """
end=$((SECONDS + 3)); echo inside > a
while [ $SECONDS -lt $end ]; do ln -sfn /etc/shadow b; mv -fT b a; echo inside > c; mv -fT c a; done"""))
        swap.start()
        seen = 0
        while swap.is_alive():
            status, content = files.file("GET", "a")
            expect(status in (403, 404) or (status == 200 and content in (b"inside\n", b"")), f"{status}: {content[:200]}")
            seen += 1
        swap.join()
    return f"{sorted(statuses)} for links; {seen} reads beside the swap"


def entry(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"", **fields):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(*entries, format: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def raw_header(name: str, size: bytes, kind: bytes = b"0") -> bytes:
    """A header with these bytes as its size, and a right checksum."""
    block = bytearray(512)
    block[:len(name)] = name.encode()
    block[100:108] = b"0000644\0"
    block[108:124] = b"0001750\0" * 2
    block[124:136] = size.ljust(12, b"\0")
    block[136:148] = b"00000000000\0"
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax(records: bytes) -> bytes:
    return raw_header("pax", b"%011o" % len(records), b"x") + records.ljust(-(-len(records) // 512) * 512, b"\0")


def record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n".encode()
    size = len(rest) + 1
    while len(str(size)) + len(rest) != size:
        size = len(str(size)) + len(rest)
    return str(size).encode() + rest


REFUSED = {
    "absolute": tar(entry("/outside", content=b"x")),
    "up": tar(entry("a/../../outside", content=b"x")),
    "link out": tar(entry("l", tarfile.SYMTYPE, linkname="/etc")),
    "link up": tar(entry("d/l", tarfile.SYMTYPE, linkname="x/../../../outside")),
    "file through a link": tar(entry("d", tarfile.DIRTYPE), entry("l", tarfile.SYMTYPE, linkname="d"), entry("l/x", content=b"x")),
    "other name of a file outside": tar(entry("n", tarfile.LNKTYPE, linkname="/etc/passwd")),
    "other name through a link": tar(
        entry("d", tarfile.DIRTYPE), entry("d/f", content=b"x"), entry("l", tarfile.SYMTYPE, linkname="d"),
        entry("n", tarfile.LNKTYPE, linkname="l/f")),
    "device": tar(entry("null", tarfile.CHRTYPE, devmajor=1, devminor=3)),
    "disk": tar(entry("disk", tarfile.BLKTYPE, devmajor=8, devminor=0)),
    "FIFO": tar(entry("pipe", tarfile.FIFOTYPE)),
    "path of PAX": pax(record("path", "../outside")) + raw_header("a", b"0"),
    "long name of GNU": tar(entry("../" + "x" * 200, content=b"x"), format=tarfile.GNU_FORMAT),
    "negative size": raw_header("a", b"\xff" * 12),
    "size of 8 EiB": raw_header("a", b"\x80" + b"\0" * 3 + b"\x7f" + b"\xff" * 7),
    "hole of 4 EiB": pax(record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") + record("GNU.sparse.name", "a")
                         + record("GNU.sparse.realsize", str(1 << 62)))
    + raw_header("a", b"%011o" % 512) + f"1\n{1 << 62}\n0\n".encode().ljust(512, b"\0"),
    "cut off": tar(entry("a", content=b"x" * 5000))[:2000],
    "no archive": os.urandom(4096),
    "compressed": b"\x1f\x8b\x08\0" + os.urandom(2044),
    "PAX header of 100 MB": raw_header("pax", b"%011o" % 100_000_000, b"x") + bytes(1 << 21),
}


@case("F09", "unpack hostile tar archives: absolute, `..`, links out, files and names through links, devices, setuid, holes, "
      "sizes of 8 EiB and below 0, long names, archives that are cut off or no archives",
      "refused with a reason, nothing outside of the folder; the bits of setuid are dropped", quick=True)
def hostile_archives(bench):
    sandbox = bench.sandbox(language="bash")
    files = Files(bench, sandbox)
    before = resident_bytes(bench.server)
    for name, archive in REFUSED.items():
        status, content = files.archive("PUT", "in/" + name.replace(" ", "-"), archive)
        expect(status in (400, 409, 507), f"{name}: {status} {content[:300]}")
        expect(json.loads(content)["message"], name)
    grown = (resident_bytes(bench.server) - before) >> 20
    expect(grown < 32, f"the server grew by {grown} MiB")
    odd = tar(entry("a", content=b"1", mode=0o6755), entry("a", content=b"2", mode=0o6755),
              entry("l", tarfile.SYMTYPE, linkname="a"), entry("n", tarfile.LNKTYPE, linkname="a"))
    status, content = files.archive("PUT", "ok", odd + b"garbage")
    expect(status == 200, content)
    seen = out(bench.exec(sandbox, "stat -c %a ok/a; cat ok/l ok/n; find / -xdev -name outside 2>/dev/null; ls -A"))
    expect(seen == "755\n22in\nok\n", seen)
    return f"{len(REFUSED)} refused; 0755 in place of 06755"


@case("O-14", "100,000 files in a folder, links among them: list, download and remove it",
      "all are told; the server's memory does not grow with their number")
def many_files(bench):
    sandbox = bench.sandbox(language="bash", resource_limits={"disk_mb": 4096, "timeout_ms": 300_000})
    files = Files(bench, sandbox)
    made = bench.exec(sandbox, "mkdir d && cd d && seq 100000 | xargs touch && ln -s 1 l && ln -s /etc/shadow m && mkfifo p")
    ended(made, "succeeded")
    before = resident_bytes(bench.server)
    status, content = files.file("GET", "d", "?list")
    expect(status == 200 and len(json.loads(content)["data"]) == 100_003, f"{status}: {content[:200]}")
    status, content = files.archive("GET", "d")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = archive.getnames()
    expect(status == 200 and len(names) == 100_002, f"{status}: {len(names)} names")
    grown = (resident_bytes(bench.server) - before) >> 20
    expect(grown < 16, f"the server grew by {grown} MiB")
    status, content = files.file("DELETE", "d", "?recursive=true")
    expect(status == 204, content)
    return f"100,003 listed, 100,002 archived, the server grew by {grown} MiB"


def opened(server, authorization: str, path: str, is_narrow: bool = True):
    """A connection on which an answer has begun. Little fits on the way of a narrow one."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.connect()
    if is_narrow:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.request("GET", path, headers={"Authorization": authorization})
    return connection, connection.getresponse()


@case("D13", "download and archive a file with a hole of 8 GiB, and go away after the first bytes",
      "a stream of zeros; no memory for the hole, and nothing is left of the call", quick=True)
def large_holes(bench):
    sandbox = bench.sandbox(language="bash", resource_limits={"disk_mb": 10_240})
    files = Files(bench, sandbox)
    ended(bench.exec(sandbox, "mkdir d; truncate -s 8G d/hole"), "succeeded")
    before = resident_bytes(bench.server)
    for path in (f"/files/d%2Fhole", "/archive?path=d"):
        connection, answer = opened(bench.server, authorization(bench.server), files.base + path, is_narrow=False)
        expect(answer.status == 200, answer.status)
        read = 0
        while read < 16 * MIB:
            read += len(answer.read(MIB))
        connection.close()
    grown = (resident_bytes(bench.server) - before) >> 20
    expect(grown < 16, f"the server grew by {grown} MiB")
    def streams() -> int:
        _, quotas = bench.server.request("GET", "/auth/v1/quotas", None)
        return next(item["used"] for item in quotas["quotas"] if item["name"] == "max_streams")

    wait_for(lambda: streams() == 0, "the downloads go on without their clients")
    return f"the server grew by {grown} MiB"


@case("Q31", "a tenant starts as many downloads as the server takes, and as many uploads, and reads and sends no more",
      "429 above its share; the server's memory does not grow, and another's run works meanwhile; nothing is left after them",
      quick=True, has_neighbour=True)
def all_transfers(bench):
    with scratch_server(bench.server.program, max_streams=16) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            sandbox = greedy.create(resource_limits={"disk_mb": 1024})
            status, made = greedy.request("POST", f"/{sandbox}/exec", {"code": "truncate -s 512M hole"})
            expect(status == 200 and made["status"] == "succeeded", made)
            before = resident_bytes(server)
            base = f"{greedy.base}/{sandbox}/files/"
            downloads = [opened(server, greedy.authorization, base + "hole") for _ in range(8)]
            uploads = []
            for number in range(8):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
                connection.putrequest("PUT", base + f"up{number}")
                connection.putheader("Authorization", greedy.authorization)
                connection.putheader("Content-Length", str(64 * MIB))
                connection.endheaders(b"x" * MIB)
                uploads.append(connection)
            expect(all(answer.status == 200 for _, answer in downloads), [answer.status for _, answer in downloads])
            wait_for(lambda: greedy.use("max_streams") == 12, "the transfers are not counted")
            status, refused = greedy.request("GET", f"/{sandbox}/files/hole")
            expect(status == 429 and "max_streams" in refused["message"], refused)
            watched.wait(4)
            grown = (resident_bytes(server) - before) >> 20
            expect(grown < 16 * 4, f"the server has {grown} MiB more")
            for connection in [connection for connection, _ in downloads] + uploads:
                connection.close()
            wait_for(lambda: greedy.use("max_streams") == 0, "transfers go on without their clients")
            status, left = greedy.request("GET", f"/{sandbox}/files/?list")
            expect(status == 200 and [item["name"] for item in left["data"]] == ["hole"], left)
        return f"12 transfers held; the server grew by {grown} MiB; neighbour {watched.verdict()}"


@case("S26", "SIGTERM while clients do not read: two downloads, an archive, a listing and an upload that stands still",
      "the server ends soon after drain_secs, with code 0, and nothing is left", quick=True)
def unread_at_the_end(bench):
    # A silent connection would be closed after an hour.
    with scratch_server(bench.server.program, drain_secs=1, idle_timeout_secs=3600) as server:
        status, sandbox = server.request("POST", BASE, {
            "language": "bash", "mode": "stateful", "resource_limits": {"disk_mb": 1024}})
        expect(status == 201, sandbox)
        base = f"{BASE}/{sandbox['id']}"
        code = "truncate -s 256M hole; mkdir many; cd many; seq -f %0200.f 20000 | xargs touch"
        status, made = server.request("POST", f"{base}/exec", {"code": code})
        expect(status == 200 and made["status"] == "succeeded", made)
        paths = ["files/hole", "files/hole", "archive?path=.", "files/many?list"]
        held = [opened(server, authorization(server), f"{base}/{path}") for path in paths]
        expect(all(answer.status == 200 for _, answer in held), [answer.status for _, answer in held])
        upload = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        upload.putrequest("PUT", f"{base}/files/up")
        upload.putheader("Authorization", authorization(server))
        upload.putheader("Content-Length", str(64 * MIB))
        upload.endheaders(b"x" * MIB)
        started = time.monotonic()
        expect(server.terminate() == 0, f"the server ended with {server.process.returncode}")
        seconds = time.monotonic() - started
        for connection in [connection for connection, _ in held] + [upload]:
            connection.close()
    return f"{len(held)} unread answers and an upload; ended after {seconds:.1f} s"
