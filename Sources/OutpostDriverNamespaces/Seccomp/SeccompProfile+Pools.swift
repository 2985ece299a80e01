// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp

/// Resources that the kernel has once for the whole host, or counts for another user. No cgroup of a run limits them.
extension SeccompProfile {
    /// The host's pool of huge pages (vm.nr_hugepages), which the memory controller does not count: MAP_HUGETLB,
    /// MFD_HUGETLB and SHM_HUGETLB. The result is the same as on a host with an empty pool. Programs then use small
    /// pages (mmap(2)).
    static let hugePages: [ArgumentRule] = [
        refuse("uses the host's huge pages", "mmap", memoryError, .equals(3, 0x40000, under: 0x40000)),
        refuse("uses the host's huge pages", "memfd_create", memoryError, .equals(1, 0x4, under: 0x4)),
        refuse("uses the host's huge pages", "shmget", memoryError, .equals(2, 0x800, under: 0x800)),
    ]

    /// The core dump limit of a program stays 1 byte (`GuestProgram.coreBytes`). With 0 each crash would start the
    /// host's program for core dumps (core(5)), and every process may lower its limit. The call reports success,
    /// because programs set 0 for their own security and some exit when that fails. No program gets a core dump in
    /// either case.
    static let coreDumps: [ArgumentRule] = [
        refuse("would start a program of the host", "setrlimit", success, .equals(0, 4)),
        refuse(
            "would start a program of the host", "prlimit64", success, .equals(1, 4),
            Condition(argument: 2, mask: nil, comparison: SCMP_CMP_NE, value: 0)),
    ]

    /// F_SETPIPE_SZ above the default of 64 KiB. The kernel counts the size for the creator of the pipe (fs/pipe.c,
    /// `pipe_set_size`), which is the server for the three streams. Two dozen programs would use up
    /// fs.pipe-user-pages-soft. Then all new pipes of the server would have 8 KiB, or be refused if
    /// fs.pipe-user-pages-hard is set. EPERM is the kernel's own error in this case.
    static let pipes: [ArgumentRule] = [
        refuse(
            "is counted for the server", "fcntl", permissionError, .equals(1, 1031),
            Condition(argument: 2, mask: nil, comparison: SCMP_CMP_GT, value: 65_536))
    ]
}
