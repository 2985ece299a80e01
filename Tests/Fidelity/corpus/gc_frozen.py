# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import gc
import sys
print(gc.get_freeze_count())
print(any(value is sys.modules for value in gc.get_objects()), len(gc.get_referrers(sys.modules)) > 0)
