# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "sitecustomize.py", "content": "print('not looked for here')"}, {"path": "usercustomize.py", "content": "print('nor here')"}]}
import sys
print([name in sys.modules for name in ("sitecustomize", "usercustomize")])
import site
print(site.getsitepackages(), site.getusersitepackages(), site.ENABLE_USER_SITE, site.USER_BASE)
