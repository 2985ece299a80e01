# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"resource_limits": {"memory_mb": 64}}
try:
    data = bytearray(1 << 30)
    print("allocated")
except MemoryError as error:
    print("refused")
