# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import gc
print([generation["uncollectable"] for generation in gc.get_stats()], [g["collections"] for g in gc.get_stats()])
