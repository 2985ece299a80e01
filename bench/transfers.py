# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""One large file down and up, with curl, against the same file in a plain static file server on loopback."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import memory
import samples
import server

SIZE = 1 << 30
ROUNDS = 5
DISK_MB = 4096
# nginx runs as this process's user, in the foreground, and puts what it gets into the same folder.
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
    access_log off; sendfile on; client_max_body_size 0; client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/1; fastcgi_temp_path {folder}/2; uwsgi_temp_path {folder}/3; scgi_temp_path {folder}/4;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; dav_methods PUT; create_full_put_path on; }}
}}
"""


def nginx():
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def absence():
    if not shutil.which("curl"):
        return "curl is not installed"
    return None if nginx() else "nginx is not installed"


@contextlib.contextmanager
def static_server(folder):
    """The address of an nginx that serves `folder/files`."""
    port = server.free_port()
    (folder / "files").mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "conf").write_text(CONFIGURATION.format(folder=folder, port=port, user=user))
    with subprocess.Popen([nginx(), "-c", str(folder / "conf"), "-e", str(folder / "error")]) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            curl("--retry", "20", "--retry-connrefused", "--retry-delay", "1", f"{address}/", expected=(200, 403))
            yield address
        finally:
            process.terminate()
            process.wait(30)


def curl(*arguments, expected=(200,)):
    """Seconds of one transfer."""
    ran = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{time_total}", *arguments],
                         capture_output=True, text=True, check=False)
    status, _, seconds = ran.stdout.partition(" ")
    if ran.returncode != 0 or int(status) not in expected:
        raise RuntimeError(f"curl {arguments[-1]} ended with {ran.returncode}, status {status}: {ran.stderr}")
    return float(seconds)


class Peak:
    """The growth of the server's resident memory, by the kernel's own mark."""

    def __init__(self, process_id):
        self.process = pathlib.Path(f"/proc/{process_id}")
        (self.process / "clear_refs").write_text("5\n")
        self.before = memory.rollup(process_id)["rss"]

    def grown(self):
        for line in (self.process / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 - self.before
        raise RuntimeError("the kernel tells no VmHWM")


def measure(service):
    """MiB a second by direction and contestant, and the server's growth in bytes."""
    client = service.client()
    sandbox = client.create("stateful", disk_mb=DISK_MB).decoded()["id"]
    ours = f"http://127.0.0.1:{service.port}{server.SANDBOXES}/{sandbox}/files/large"
    token = ["-H", f"Authorization: Bearer {service.token}"]
    rates = samples.Samples()
    with tempfile.TemporaryDirectory(prefix="outpost-bench-", dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        source = folder / "source"
        subprocess.run(["sh", "-c", f"openssl rand -out '{source}' {SIZE} || head -c {SIZE} /dev/urandom > '{source}'"],
                       check=True)
        with static_server(folder) as plain:
            theirs = f"{plain}/large"
            ways = {"up": lambda: curl(*token, "-T", str(source), ours, expected=(201, 204)),
                    "up_bare": lambda: curl("-T", str(source), theirs, expected=(201, 204)),
                    "down": lambda: curl(*token, ours), "down_bare": lambda: curl(theirs)}
            for way in ways.values():
                way()
            peak = Peak(service.process.pid)
            for kind in ("up", "up_bare"), ("down", "down_bare"):
                for _ in range(ROUNDS):
                    for direction in kind:
                        rates.add(direction, SIZE / (1 << 20) / ways[direction]())
                # The kernel writes what was sent up to the disk. That must not go on beside the downloads.
                os.sync()
            grown = peak.grown()
    client.delete(sandbox)
    client.close()
    return {"rates": rates.summaries(), "grown": max(grown, 1)}
