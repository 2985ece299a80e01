# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import threading
main = threading.main_thread()
print(main.name, main.daemon, threading.current_thread() is main, threading.enumerate() == [main])
print(main.ident == threading.get_ident(), main.native_id == os.getpid() == threading.get_native_id())
print(repr(main)[:26], len(os.listdir("/proc/self/task")), threading.stack_size(), threading.active_count())
thread = threading.Thread(target=lambda: print(threading.current_thread().name, threading.active_count()))
thread.start()
thread.join()
