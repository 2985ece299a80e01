# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"working_dir": "/tmp/elsewhere"}
import os
import sys
print(os.getcwd(), __file__, sys.path[0], sys.argv)
