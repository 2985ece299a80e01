# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["TZ", "XYZ-3:30ABC,M3.2.0,M11.1.0"]]}
import time
print(time.tzname, time.timezone, time.altzone, time.daylight, time.ctime(0), time.strftime("%Z %z", time.localtime(1e9)))
