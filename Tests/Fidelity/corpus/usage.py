# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import resource
import time
print(time.process_time() < 1, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.thread_time() < 1)
