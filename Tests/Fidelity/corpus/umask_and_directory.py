# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
mask = os.umask(0)
print(oct(mask), os.getcwd(), os.listdir(), oct(os.stat(__file__).st_mode), os.stat(__file__).st_uid)
os.umask(mask)
open("made", "w").close()
os.mkdir("folder")
print(oct(os.stat("made").st_mode), oct(os.stat("folder").st_mode), oct(os.stat(".").st_mode), oct(os.stat("/tmp").st_mode))
