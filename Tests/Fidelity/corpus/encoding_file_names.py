# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
open(b"/tmp/\xff\xfe-name", "w").close()
open("/tmp/ünï", "w").close()
print(sorted(map(ascii, os.listdir("/tmp"))), sorted(os.listdir(b"/tmp")))
