# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
print(hash(1.5), hash(3), hash(None) != 0, hash((1, 2)), len({"a", "b"}), {1, 2, 3}, sorted({"x", "y"}))
