# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"resource_limits": {"disk_mb": 16}}
try:
    with open("big", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
except OSError as error:
    print(error)
