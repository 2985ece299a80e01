# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import signal
import time
signal.setitimer(signal.ITIMER_REAL, 0.02)
time.sleep(5)
