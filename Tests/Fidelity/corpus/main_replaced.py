# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# The file that runs is the one that was read.
import os
open(__file__, "w").write("something else\n" * 20)
raise ValueError("shows the line of the new file")
