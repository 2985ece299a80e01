// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What this machine has.
public enum HostFacts {
    /// Physical memory in MiB.
    public static func memoryMiB() throws(SystemError) -> Int { try kibibytes("MemTotal", try readText(memory)) / 1024 }

    /// How much of the host's memory programs could still get without swapping, in percent (proc_meminfo(5)).
    public static func availableMemoryPercent() throws(SystemError) -> Int {
        let text = try readText(memory)
        return try kibibytes("MemAvailable", text) * 100 / max(1, try kibibytes("MemTotal", text))
    }

    private static let memory = "/proc/meminfo"

    private static func kibibytes(_ name: String, _ text: String) throws(SystemError) -> Int {
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            if let kibibytes = Int(line.filter(\.isNumber)) { return kibibytes }
        }
        throw SystemError("find \(name)", path: memory, number: ENODATA)
    }

    /// Processors that are online.
    public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// How many processes and threads there can be at one time (proc_sys_kernel(5): `pid_max`, `threads-max`).
    public static func mostProcesses() throws(SystemError) -> Int {
        var least = Int.max
        for path in ["/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"] {
            let text = try readText(path)
            guard let number = Int(text.prefix { $0.isNumber }) else {
                throw SystemError("read a number", path: path, number: EINVAL)
            }
            least = min(least, number)
        }
        return least
    }

    /// Whether this process can give others a limit of core dumps of 1 byte. Raises its own hard limit to that if it is 0 and
    /// this process has CAP_SYS_RESOURCE (setrlimit(2)).
    public static func allowsCoreLimit() -> Bool {
        var limit = rlimit()
        let resource = __rlimit_resource_t(UInt32(ResourceLimit.coreSize.rawValue))
        guard getrlimit(resource, &limit) == 0 else { return false }
        if limit.rlim_max >= 1 { return true }
        limit.rlim_max = 1
        return setrlimit(resource, &limit) == 0
    }

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

    /// As many open files as this process may have: each run needs about ten while it lasts, each idle sandbox that is up
    /// two. With CAP_SYS_RESOURCE (setrlimit(2)) the limit that it was given is raised too, up to
    /// `/proc/sys/fs/nr_open` and 1,048,576.
    ///
    /// - Returns: how many they are.
    @discardableResult
    public static func raiseFileLimit() throws(SystemError) -> Int {
        let given = try fileLimit()
        let most = (try? readText("/proc/sys/fs/nr_open")).flatMap { Int($0.prefix { $0.isNumber }) } ?? given
        do {
            return try setFileLimit(max(given, min(most, 1 << 20)))
        } catch  where error.number == EPERM {
            return try setFileLimit(given)
        }
    }

    /// How many open files this process may ask for.
    private static func fileLimit() throws(SystemError) -> Int {
        var limit = rlimit()
        try checked("getrlimit") { getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        return Int(clamping: limit.rlim_max)
    }

    private static func setFileLimit(_ count: Int) throws(SystemError) -> Int {
        var limit = rlimit(rlim_cur: rlim_t(count), rlim_max: rlim_t(count))
        try checked("setrlimit") { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        return count
    }
}
