# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import faulthandler
import sys
print(faulthandler.is_enabled())
faulthandler.dump_traceback(file=sys.stderr, all_threads=False)
faulthandler.dump_traceback_later(60)
faulthandler.cancel_dump_traceback_later()
