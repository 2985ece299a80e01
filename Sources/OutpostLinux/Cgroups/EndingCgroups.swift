// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Cgroups that were killed and are to be removed, as soon as the last process in them is gone.
///
/// A process that was on its way into a cgroup enters it after the kill, which found nobody there, and would live on. So
/// each is killed again, after times that double: there is no event for what enters, and to kill what is dying does nothing.
public struct EndingCgroups: Sendable {
    private struct Kill {
        /// When the next is due, in nanoseconds.
        var due: UInt64
        var interval: UInt64
    }

    private var kills: [String: Kill] = [:]

    public init() {}

    public var isEmpty: Bool { kills.isEmpty }

    /// - Parameter now: nanoseconds; when it was killed.
    public mutating func insert(_ name: String, now: UInt64) {
        kills[name] = Kill(due: now + Self.firstInterval, interval: Self.firstInterval)
    }

    /// Removes those that can be removed, and kills the others again when that is due. What the kernel refuses for now is
    /// tried again the next time: no tenant's leftover may end this process, and with it the sandboxes of all.
    ///
    /// - Returns: those that are gone.
    public mutating func retry(in tree: CgroupTree<some CgroupFiles>, now: UInt64) -> [String] {
        var gone: [String] = []
        for (name, kill) in kills {
            if (try? tree.remove(name)) != nil {
                kills[name] = nil
                gone.append(name)
            } else if kill.due <= now {
                // It is due once more if this fails.
                try? tree.kill(name)
                kills[name] = Kill(due: now + kill.interval * 2, interval: kill.interval * 2)
            }
        }
        return gone
    }

    private static let firstInterval: UInt64 = 10_000_000
}
