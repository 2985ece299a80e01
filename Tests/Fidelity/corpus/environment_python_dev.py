# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["PYTHONDEVMODE", "1"]]}
import sys
import warnings
import faulthandler
print(sys.flags, warnings.filters, faulthandler.is_enabled())
open("/dev/null")
