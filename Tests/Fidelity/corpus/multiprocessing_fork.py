# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import multiprocessing
import os


def work(value):
    return value * 2, multiprocessing.current_process().name, os.getppid() > 0


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    print(multiprocessing.get_start_method(), multiprocessing.current_process())
    with context.Pool(2) as pool:
        print(sorted(value for value, name, parent in pool.map(work, range(8))))
