# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
print(os.stat("/proc/self/exe").st_uid, os.stat("/usr/bin/python3").st_uid)
