# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
names = ("Name Umask State Tgid NStgid Uid Gid Groups Kthread Threads SigQ SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh "
         "CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Speculation_Store_Bypass "
         "SpeculationIndirectBranch Cpus_allowed Mems_allowed CoreDumping THP_enabled").split()
for line in open("/proc/self/status"):
    if line.split(":")[0] in set(names) - {"Tgid", "NStgid", "SigQ"}:
        if line.startswith("Cpus_allowed:"):
            # Which processor it is held to differs from run to run.
            line = f"{int(line.split()[1].replace(',', ''), 16).bit_count()} allowed\n"
        print(line, end="")
