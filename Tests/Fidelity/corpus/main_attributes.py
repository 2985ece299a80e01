# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import re


def shown(value):
    """Without the address, which differs from run to run."""
    return re.sub("0x[0-9a-f]+", "0x", str(value))


for name, value in sorted(dict(vars()).items()):
    if name not in ("re", "shown"):
        print(name, shown(value))
    if name == "__loader__":
        print(vars(value))
