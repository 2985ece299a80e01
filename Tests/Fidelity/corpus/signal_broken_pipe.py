# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import signal
print(signal.getsignal(signal.SIGPIPE))
reading, writing = os.pipe()
os.close(reading)
try:
    os.write(writing, b"x")
except BrokenPipeError as error:
    print(error)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.write(writing, b"x")
