# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["TZ", "Asia/Kolkata"]]}
import datetime
import time
print(time.tzname, time.timezone, time.localtime(0), datetime.datetime.fromtimestamp(0).astimezone())
