# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys
import inspect
import traceback
frame, depth = sys._getframe(), 0
while frame:
    print(frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno)
    frame, depth = frame.f_back, depth + 1
print(depth, [(entry.filename, entry.lineno, entry.function) for entry in inspect.stack()])
traceback.print_stack()
