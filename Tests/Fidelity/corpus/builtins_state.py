# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import builtins
print(sorted(vars(builtins)))
print(builtins.__import__, builtins.open, builtins.input)
