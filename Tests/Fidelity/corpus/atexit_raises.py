# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import atexit


class Fails:
    def __repr__(self):
        return "fails"

    def __call__(self):
        raise ValueError("at exit")


atexit.register(print, "after the failure")
atexit.register(Fails())
