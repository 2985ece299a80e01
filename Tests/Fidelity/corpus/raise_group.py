# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
error = ExceptionGroup("both", [ValueError(1), TypeError("two")])
error.add_note("a note")
raise error
