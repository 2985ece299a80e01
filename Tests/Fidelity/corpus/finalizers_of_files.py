# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# What was written and not closed is there, since files are closed as the interpreter ends.
import os
import sys
file = open("/dev/stdout", "w")
file.write("written late\n")
print("written first")
