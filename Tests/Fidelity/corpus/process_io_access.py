# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
for name in sorted(os.listdir("/proc/self")):
    if name == "exe":
        continue
    try:
        status = os.stat(f"/proc/self/{name}")
        print(name, status.st_uid, status.st_gid, oct(status.st_mode))
    except OSError as error:
        print(name, error.strerror)
