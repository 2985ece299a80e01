# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import random
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, str(random.random()).encode())
    os._exit(0)
os.wait()
print(os.read(reading, 99).decode() != str(random.random()))
