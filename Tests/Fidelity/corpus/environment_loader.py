# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["LD_PRELOAD", "/nonexistent.so"]]}
print("after the loader has complained")
