// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Memory, processors and kernel of this machine.
public enum HostFacts {
    /// Physical memory in MiB.
    public static func memoryMiB() throws(SystemError) -> Int { try kibibytes("MemTotal", try readText(memory)) / 1024 }

    /// The part of the host's memory that is available without swapping, in percent (`MemAvailable` in proc_meminfo(5)).
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

    /// The number of online processors.
    public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The most processes and threads at one time: the smaller of `pid_max` and `threads-max` (proc_sys_kernel(5)).
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

    /// Whether this process can give children a core dump limit of 1 byte. If its own hard limit is 0, the call raises it to
    /// 1, which needs CAP_SYS_RESOURCE (setrlimit(2)).
    public static func allowsCoreLimit() -> Bool {
        var limit = rlimit()
        let resource = __rlimit_resource_t(UInt32(ResourceLimit.coreSize.rawValue))
        guard getrlimit(resource, &limit) == 0 else { return false }
        if limit.rlim_max >= 1 { return true }
        limit.rlim_max = 1
        return setrlimit(resource, &limit) == 0
    }

    /// The kernel's release, such as `6.1.0-38-amd64`.
    public static func kernelRelease() throws(SystemError) -> String {
        let text = try readText("/proc/sys/kernel/osrelease")
        return String(text.prefix { $0 != "\n" })
    }
}

/// The settings of the server's own process.
public enum ServerProcess {
    /// Ignores SIGPIPE, so that a write to a closed peer fails and does not end the process.
    public static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Raises the limit of open files to the hard limit. With CAP_SYS_RESOURCE (setrlimit(2)) it also raises the hard limit,
    /// up to `/proc/sys/fs/nr_open` and at most 1,048,576. A run needs about ten descriptors, an idle live sandbox two.
    ///
    /// - Returns: the new limit.
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

    /// The hard limit of open files.
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
