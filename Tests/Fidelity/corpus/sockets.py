# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import socket
first, second = socket.socketpair()
first.sendall(b"over")
print(second.recv(9), socket.gethostname(), socket.getfqdn() if False else "", socket.if_nameindex())
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
    client.sendall(b"loop")
    print(server.accept()[0].recv(4), client.get_inheritable())
