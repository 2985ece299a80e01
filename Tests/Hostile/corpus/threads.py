# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Threads: locks, queues, thread-local data, a pool."""

import concurrent.futures
import queue
import threading

total = 0
lock = threading.Lock()
jobs = queue.Queue()
local = threading.local()


def work():
    global total
    local.count = 0
    while True:
        number = jobs.get()
        if number is None:
            return
        local.count += 1
        with lock:
            total += number


threads = [threading.Thread(target=work) for _ in range(32)]
for thread in threads:
    thread.start()
for number in range(2000):
    jobs.put(number)
for _ in threads:
    jobs.put(None)
for thread in threads:
    thread.join()
print(total, hasattr(local, "count"), threading.active_count())
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(list(pool.map(lambda n: n * n, range(8))))
timer = threading.Timer(0.01, print, ["timer"])
timer.start()
timer.join()
