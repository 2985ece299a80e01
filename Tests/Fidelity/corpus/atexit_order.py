# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import atexit
atexit.register(print, "first in, last out")
atexit.register(print, "second")
print(atexit._ncallbacks())
