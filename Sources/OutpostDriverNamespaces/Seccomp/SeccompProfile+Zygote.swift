// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension SeccompProfile {
    /// What a zygote may not do. It builds sandboxes, so it cannot have the list of calls of a program; what none of its
    /// children may ever do is refused here already. The children's own filters come on top, and where both refuse, the
    /// answer is the children's (seccomp(2): the newest filter's, of equal actions).
    static let zygote = SeccompProfile(
        allowed: [], allowedArguments: [],
        refused: [
            Refused(
                reason: "another kernel, and code in this one", error: permissionError,
                names: [
                    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "bpf", "reboot",
                ]),
            Refused(
                reason: "interfaces that programs have used to break the kernel, and that building needs none of",
                error: permissionError,
                names: [
                    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "perf_event_open", "keyctl",
                    "add_key", "request_key", "open_by_handle_at", "modify_ldt",
                ]),
            Refused(
                reason: "the memory of others", error: permissionError,
                names: ["ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"]),
            Refused(
                reason: "clocks, disks and accounts of the host", error: permissionError,
                names: [
                    "clock_settime", "settimeofday", "adjtimex", "clock_adjtime", "swapon", "swapoff", "acct",
                    "quotactl", "quotactl_fd", "syslog", "ioperm", "iopl",
                ]),
        ],
        deniedArguments: [])
}
