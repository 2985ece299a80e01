# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import logging
import gettext
import time
logging.basicConfig(format="%(name)s %(process)d %(threadName)s %(message)s".replace("%(process)d ", ""))
logging.getLogger("log").warning("warned")
print(gettext.gettext("message"), time.strftime("%A %B", time.gmtime(0)))
