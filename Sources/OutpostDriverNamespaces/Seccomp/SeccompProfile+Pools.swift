// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp

/// What the kernel has once for the whole host, or counts to somebody else, and no cgroup of a run bounds.
extension SeccompProfile {
    /// The host's pool of huge pages (vm.nr_hugepages), which the memory controller does not count: MAP_HUGETLB, MFD_HUGETLB
    /// and SHM_HUGETLB. The answer is that of a host whose pool is empty, with which programs take small pages (mmap(2)).
    static let hugePages: [ArgumentRule] = [
        refuse("the host's huge pages", "mmap", memoryError, .equals(3, 0x40000, under: 0x40000)),
        refuse("the host's huge pages", "memfd_create", memoryError, .equals(1, 0x4, under: 0x4)),
        refuse("the host's huge pages", "shmget", memoryError, .equals(2, 0x800, under: 0x800)),
    ]

    /// A program's limit of core dumps stays 1 byte (`GuestProgram.coreBytes`): with 0, to which anybody may lower it, each crash
    /// would start the host's program for core dumps (core(5)). It is answered as if it was done, since programs set it to 0
    /// for their own safety, and some end when they cannot; none gets a core dump either way.
    static let coreDumps: [ArgumentRule] = [
        refuse("starts a program of the host's", "setrlimit", success, .equals(0, 4)),
        refuse(
            "starts a program of the host's", "prlimit64", success, .equals(1, 4),
            Condition(argument: 2, mask: nil, comparison: SCMP_CMP_NE, value: 0)),
    ]

    /// F_SETPIPE_SZ beyond the 64 KiB that a pipe has. The size is counted to the pipe's maker (fs/pipe.c, `pipe_set_size`),
    /// which for the three streams is the server: two dozen programs would use up fs.pipe-user-pages-soft, and all new pipes
    /// of the server be of 8 KiB, or be refused where fs.pipe-user-pages-hard is set. EPERM is what the kernel answers then.
    static let pipes: [ArgumentRule] = [
        refuse(
            "counted to the server", "fcntl", permissionError, .equals(1, 1031),
            Condition(argument: 2, mask: nil, comparison: SCMP_CMP_GT, value: 65_536))
    ]
}
