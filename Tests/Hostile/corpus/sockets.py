# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""asyncio and sockets on loopback: TCP, UDP, IPv6, Unix, abstract, socket pairs, passed descriptors, poll and epoll."""

import asyncio
import os
import select
import socket
import tempfile
import threading


async def echo(reader, writer):
    writer.write(await reader.readline())
    await writer.drain()
    writer.close()


async def client(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"line\n")
    answer = await reader.readline()
    writer.close()
    return answer


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(set(await asyncio.gather(*(client(port) for _ in range(50)))))
    server.close()
    process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    print(await process.communicate(b"through cat"))
    print(await asyncio.to_thread(sum, range(100)))
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.01)
    except asyncio.TimeoutError:
        print("timed out")


asyncio.run(main())
with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    with socket.create_connection(listener.getsockname()[:2]) as one:
        other, _ = listener.accept()
        with other:
            one.sendall(b"six")
            print(other.recv(3))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
    other.bind(("127.0.0.1", 0))
    one.sendto(b"datagram", other.getsockname())
    print(other.recv(100))
for name in (os.path.join(tempfile.mkdtemp(), "socket"), "\0abstract"):
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as one:
        listener.bind(name)
        listener.listen()
        one.connect(name)
        other, _ = listener.accept()
        with other, open("/etc/passwd", "rb") as file:
            socket.send_fds(one, [b"x"], [file.fileno()])
            _, descriptors, _, _ = socket.recv_fds(other, 1, 1)
            print(os.read(descriptors[0], 6))
            os.close(descriptors[0])
left, right = socket.socketpair()
poll = select.epoll()
poll.register(right, select.EPOLLIN)
threading.Timer(0.01, left.send, [b"x"]).start()
print(len(poll.poll(5)), len(select.select([right], [], [], 5)[0]))
print(socket.gethostbyname("localhost"), [name for _, name in socket.if_nameindex() if name == "lo"])
