# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["HOME", ""]]}
import os
import site
print(os.path.expanduser("~"), site.USER_BASE, site.USER_SITE)
