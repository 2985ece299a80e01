// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The open files of a cgroup's counters of CPU time and memory. The kernel checks the rights of a reader only when a file is
/// opened, so a process without privileges can read the counters from files that another one has opened.
public struct CgroupCounters: Sendable {
    /// The counters of CPU time, of the peak of the memory, and of the kinds of memory.
    public let descriptors: [Descriptor]

    /// Opens the counters of the cgroup `name`.
    ///
    /// - Throws: `SystemError`: ENOENT without the cgroup, or on a host that does not count CPU time.
    public init<Files: CgroupFiles>(of name: String, in tree: CgroupTree<Files>) throws(SystemError) {
        var opened: [Descriptor] = []
        for path in tree.counterFiles(name) { opened.append(try tree.files.open(path, .readOnly)) }
        guard opened.count == Self.count else { throw SystemError("find a counter", number: SystemError.notFound) }
        descriptors = opened
    }

    /// Takes counters that another process has opened. Nil for another number of files.
    public init?(_ descriptors: [Descriptor]) {
        guard descriptors.count == Self.count else { return nil }
        self.descriptors = descriptors
    }

    private static let count = 3

    /// Reads the counters, as `CgroupTree.cpuMicroseconds` and `programMemoryPeak`. Waits for no process.
    ///
    /// - Throws: `SystemError`: ENODEV when the cgroup has been removed.
    public func read() throws(SystemError) -> (cpuMicroseconds: Int, programMemoryPeak: Int) {
        let (time, peak, kinds) = (try text(0), try text(1), try text(2))
        // Version 1 has the time alone, in nanoseconds, and counts all files as `cache`. Version 2 has no line `cache`, and
        // version 1 has no line `file`.
        let microseconds =
            time.utf8.first.map { (48...57).contains($0) } ?? false
            ? whole(time) / 1000 : number("usage_usec", in: time)
        let files = number("file", in: kinds) + number("cache", in: kinds)
        return (microseconds, max(0, whole(peak) - files))
    }

    private func text(_ index: Int) throws(SystemError) -> String {
        try descriptors[index].text(atMost: Self.mostBytes)
    }

    /// More than each of the files has.
    private static let mostBytes = 8192
}

extension Descriptor {
    /// Returns the text at the start of a file whose text is made by each read, at most so many bytes.
    fileprivate func text(atMost limit: Int) throws(SystemError) -> String {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = try checked("read a counter") { pread(number, &bytes, limit, 0) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
