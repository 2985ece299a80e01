# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import signal
for number in sorted(signal.valid_signals()):
    print(int(number), signal.getsignal(number))
print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))
print(signal.set_wakeup_fd(-1), signal.getitimer(signal.ITIMER_REAL), signal.sigpending())
