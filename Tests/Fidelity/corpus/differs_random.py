# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"expect": "differs"}
import random
import secrets
import ssl
import tempfile
import uuid
import os
print(random.random())
print(random.Random().random())
print(random.SystemRandom().random())
print(uuid.uuid4())
print(uuid.uuid1())
print(ssl.RAND_bytes(8))
print(secrets.token_hex(8))
print(os.urandom(8))
print(tempfile.mktemp())
print(open("/proc/sys/kernel/random/uuid").read(), end="")
print(__import__("multiprocessing").current_process().authkey)
