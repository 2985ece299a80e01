# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import _thread
import threading
import time
threading.Timer(0.02, _thread.interrupt_main).start()
try:
    time.sleep(600)
    print("slept")
except KeyboardInterrupt:
    print("interrupted")
