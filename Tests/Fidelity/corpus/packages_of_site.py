# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import site
print([sorted(os.listdir(path)) for path in site.getsitepackages() if os.path.isdir(path)])
