// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What this machine has.
public enum HostFacts {
    /// Physical memory in MiB.
    public static func memoryMiB() throws(SystemError) -> Int {
        for line in try readText("/proc/meminfo").split(separator: "\n") where line.hasPrefix("MemTotal:") {
            let digits = line.filter(\.isNumber)
            if let kibibytes = Int(digits) { return kibibytes / 1024 }
        }
        throw SystemError("find MemTotal", path: "/proc/meminfo", number: ENODATA)
    }

    /// Processors that are online.
    public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The kernel's release, `6.1.0-38-amd64`.
    public static func kernelRelease() throws(SystemError) -> String {
        let text = try readText("/proc/sys/kernel/osrelease")
        return String(text.prefix { $0 != "\n" })
    }
}

/// What a server does to its own process before it starts.
public enum ServerProcess {
    /// A write to a peer that is gone must be an error of that write, not the end of the process.
    public static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// As many open files as this process may have: each run needs about ten while it lasts.
    public static func raiseFileLimit() throws(SystemError) {
        var limit = rlimit()
        try checked("getrlimit") { getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        limit.rlim_cur = limit.rlim_max
        try checked("setrlimit") { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
    }
}
