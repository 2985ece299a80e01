# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import re
import sys


def shown(value):
    """Without the address, which differs from run to run."""
    return re.sub("0x[0-9a-f]+", "0x", str(value))


print(sys.path)
print(shown(sys.meta_path), shown(sys.path_hooks))
print(sorted(sys.path_importer_cache))
