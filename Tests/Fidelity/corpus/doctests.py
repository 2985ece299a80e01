# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
def twice(value):
    """
    >>> twice(2)
    4
    >>> twice(3)
    7
    """
    return value * 2


import doctest
print(doctest.testmod())
