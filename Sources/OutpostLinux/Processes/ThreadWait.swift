// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Where in the kernel a thread waits and cannot be interrupted (proc(5), `/proc/pid/wchan`).
public struct ThreadWait: Hashable, Sendable {
    /// The kernel's function, such as `rtnl_dumpit`: the one that asked for the lock, not the one that waits.
    public let place: String

    /// A wait at this place.
    public init(place: String) { self.place = place }

    /// Looks at a thread.
    ///
    /// - Parameter thread: its id, as this process's pid namespace numbers it.
    /// - Returns: nil when the thread runs, sleeps so that a signal wakes it, has ended, or when the kernel does not tell.
    public static func of(_ thread: Int32) -> ThreadWait? {
        guard let stat = try? readText("/proc/\(thread)/stat"), let name = stat.lastIndex(of: ")"),
            stat[name...].dropFirst(2).first == "D", let place = try? readText("/proc/\(thread)/wchan"), place != "0",
            !place.isEmpty
        else { return nil }
        return ThreadWait(place: place)
    }

    /// Whether the thread waits for a disk or for memory, which is no lock of the kernel.
    public var isForDisk: Bool { Self.disk.contains { place.utf8.starts(with: $0.utf8) } }

    private static let disk = ["folio_", "io_", "blk_", "bio_", "submit_bio", "balance_dirty", "jbd2_", "mem_cgroup_"]
}
