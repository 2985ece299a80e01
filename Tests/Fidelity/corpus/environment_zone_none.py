# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import time
print(time.tzname, time.timezone, time.localtime(0), time.ctime(0))
