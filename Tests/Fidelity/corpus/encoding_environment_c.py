# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["LANG", "C"]]}
import locale
import sys
print(sys.stdout.encoding, sys.stdout.errors, sys.flags.utf8_mode, locale.setlocale(locale.LC_CTYPE, None))
print("ü", "\udcff")
