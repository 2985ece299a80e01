# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys
print(sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace(), sys.getprofile())
print(sys.getdlopenflags(), sys.thread_info, sys.get_asyncgen_hooks(), sys.get_coroutine_origin_tracking_depth())
print(sys.excepthook, sys.displayhook, sys.breakpointhook, sys.unraisablehook, sys.is_finalizing())
print(sys.get_int_max_str_digits(), sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), sys.exc_info())
print(sorted(set(dir(sys))), sys.addaudithook, sys.platlibdir, sys.stdlib_module_names == frozenset())
