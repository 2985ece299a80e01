// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The name of a signal, such as `SIGKILL` or `SIGRTMIN+3`.
public func signalName(_ number: Int32) -> String {
    // signal(7), the x86-64 and arm64 numbers.
    let names = [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]
    let index = Int(number)
    if index > 0 && index < names.count { return "SIG" + names[index] }
    // The C library uses 32 and 33 itself. They have no name.
    return number >= 34 ? "SIGRTMIN+\(number - 34)" : "SIG\(number)"
}
