# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import signal
print("flushed", flush=True)
print("lost")
os.kill(os.getpid(), signal.SIGTERM)
