// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Killed cgroups that are removed once their last process is gone.
///
/// A process that was about to join a cgroup can join it after the kill and survive. There is no event for that, so each
/// cgroup is killed again after intervals that double. A second kill of a dying process has no effect.
public struct EndingCgroups: Sendable {
    private struct Kill {
        /// The time of the next kill, in monotonic nanoseconds.
        var due: UInt64
        /// Nanoseconds between the last kill and the next.
        var interval: UInt64
    }

    private var kills: [String: Kill] = [:]

    /// An empty set.
    public init() {}

    /// Whether no cgroup waits for its removal.
    public var isEmpty: Bool { kills.isEmpty }

    /// Adds a cgroup that has just been killed.
    ///
    /// - Parameter now: monotonic nanoseconds.
    public mutating func insert(_ name: String, now: UInt64) {
        kills[name] = Kill(due: now + Self.firstInterval, interval: Self.firstInterval)
    }

    /// Removes the cgroups that have no process any more, and kills the others again when their kill is due.
    ///
    /// A failure is no error: the next call tries again. One tenant's cgroup must not end this process, which would end the
    /// sandboxes of all tenants.
    ///
    /// - Returns: the names of the removed cgroups.
    public mutating func retry(in tree: CgroupTree<some CgroupFiles>, now: UInt64) -> [String] {
        var gone: [String] = []
        for (name, kill) in kills {
            if (try? tree.remove(name)) != nil {
                kills[name] = nil
                gone.append(name)
            } else if kill.due <= now {
                // If this fails, the next kill repeats it.
                try? tree.kill(name)
                kills[name] = Kill(due: now + kill.interval * 2, interval: kill.interval * 2)
            }
        }
        return gone
    }

    private static let firstInterval: UInt64 = 10_000_000
}
