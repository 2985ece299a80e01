# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# A child's dispositions and mask, as the kernel tells them.
import subprocess
print(subprocess.check_output(["grep", "-E", "^(Sig|Shd)(Blk|Ign|Cgt)|^Threads", "/proc/self/status"], text=True))
print(subprocess.check_output(["grep", "-E", "^Sig", "/proc/self/status"], text=True, restore_signals=False))
