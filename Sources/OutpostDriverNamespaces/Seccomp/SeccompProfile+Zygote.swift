// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension SeccompProfile {
    /// The calls that a zygote may not make. A zygote starts sandboxes, so it needs more calls than a program. This
    /// profile refuses what none of its children ever needs. The children get their own filters in addition. When both
    /// refuse a call with an error, the result is that of the newest filter, the child's (seccomp(2)).
    static let zygote = SeccompProfile(
        allowed: [], allowedArguments: [],
        refused: [
            Refused(
                reason: "loads another kernel, or code into this one", error: permissionError,
                names: [
                    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "bpf", "reboot",
                ]),
            Refused(
                reason: "interfaces that many attacks on the kernel have used; a zygote needs none of them",
                error: permissionError,
                names: [
                    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "perf_event_open", "keyctl",
                    "add_key", "request_key", "open_by_handle_at", "modify_ldt",
                ]),
            Refused(
                reason: "reads the memory of other processes", error: permissionError,
                names: ["ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"]),
            Refused(
                reason: "changes clocks, disks or accounting of the host", error: permissionError,
                names: [
                    "clock_settime", "settimeofday", "adjtimex", "clock_adjtime", "swapon", "swapoff", "acct",
                    "quotactl", "quotactl_fd", "syslog", "ioperm", "iopl",
                ]),
        ],
        deniedArguments: [])
}
