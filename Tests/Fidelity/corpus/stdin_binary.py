# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"stdin_base64": "AAEC//5hYmMNCg=="}
import sys
print(sys.stdin.buffer.read())
