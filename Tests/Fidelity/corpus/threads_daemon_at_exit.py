# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import threading
import time
threading.Thread(target=lambda: (time.sleep(30), print("never")), daemon=True).start()
print("ends at once")
