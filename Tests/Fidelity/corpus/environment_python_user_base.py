# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["PYTHONUSERBASE", "/tmp/base"]], "files": [{"path": "/tmp/base/lib/python3.11/site-packages/sitecustomize.py", "content": "print('custom')"}]}
import site
print(site.USER_BASE, site.USER_SITE, __import__("sys").path)
