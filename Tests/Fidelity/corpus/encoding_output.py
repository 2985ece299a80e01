# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys
print("äöü – 日本語 – 🐍 – \x00 – \u2028")
print("stderr: äöü 🐍 \udcff", file=sys.stderr)
print("\udcff".encode("utf-8", "surrogateescape"))
print("\udcff")
