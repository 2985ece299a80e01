# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys
import threading
thread = threading.Thread(target=sys.exit, args=(5,))
thread.start()
thread.join()
print("the main thread goes on")
