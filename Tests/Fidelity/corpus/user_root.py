# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"security": {"user": "root"}}
import os
print(os.getuid(), os.environ["HOME"], os.path.expanduser("~"), os.environ)
