# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
number: int = 3
print(__annotations__, __spec__, __builtins__, __package__, __file__)
print(list(vars()))
