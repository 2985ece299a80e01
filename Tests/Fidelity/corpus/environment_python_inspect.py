# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["PYTHONINSPECT", "1"]], "stdin": "value + 1\n"}
value = 2
raise ValueError("and yet it goes on")
