# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"stdin": "first\nzweite – ü\r\nlast without end"}
import sys
print(repr(input()), repr(sys.stdin.readline()), sys.stdin.read(), sys.stdin.encoding, sys.stdin.errors)
print(sys.stdin.newlines, sys.stdin.line_buffering, sys.stdin.isatty(), sys.stdin.fileno(), sys.stdin.name)
