// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Returns the number of the signal `name`, such as `SIGKILL` or `SIGRTMIN+3`; nil when it is not a signal's name.
public func signalNumber(_ name: String) -> Int32? {
    // The numbers of x86-64 and arm64 in signal(7). The first is 1.
    let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]
    guard name.hasPrefix("SIG") else { return nil }
    if let index = names.firstIndex(of: String(name.dropFirst(3))) { return Int32(index + 1) }
    let realTime = "SIGRTMIN+"
    guard name.hasPrefix(realTime), let offset = Int32(name.dropFirst(realTime.count)), (-2...30).contains(offset)
    else { return nil }
    return 34 + offset
}
