# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"stdin": "1 + 1\nx = 3\nx / 0\n"}
import code
code.interact(banner="banner", exitmsg="bye")
