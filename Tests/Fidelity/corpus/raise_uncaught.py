# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
def outer():
    inner()


def inner():
    raise ValueError("ünder the hood", 3)


outer()
