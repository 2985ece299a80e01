// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Synchronization

/// A thread that keeps sandboxes from taking the host's memory by what waits in their sockets, which the kernel charges to
/// no cgroup.
///
/// As long as the host has memory it does nothing. When memory is short, a sandbox may keep as much in its sockets as its
/// own limit of memory is. When memory is very short, each socket counts as the most that it can keep, since the kernel
/// does not tell of all that does wait. A sandbox that is above it ends as one that is out of memory.
final class SocketWatch: Sendable {
    /// A sandbox that is up.
    struct Subject: Sendable {
        /// A process in its network namespace.
        let process: Int32
        /// Bytes that may wait in its sockets.
        let allowance: Int
        /// Ends what runs in it. Must not block.
        let end: @Sendable () -> Void
    }

    /// How much memory the host has left.
    enum Shortage: Hashable, Sendable {
        case none, short, severe

        /// - Parameters:
        ///   - available: percent of the host's memory.
        ///   - lowPercent: below it memory is short; below two fifths of it, very short.
        init(available: Int, lowPercent: Int) {
            self = available * 5 < lowPercent * 2 ? .severe : available < lowPercent ? .short : .none
        }
    }

    private let subjects = Mutex<[UInt32: Subject]>([:])
    private let lowPercent: Int
    private let onEnd: @Sendable (_ slot: UInt32, _ bytes: Int) -> Void

    /// - Parameters:
    ///   - lowPercent: of the host's memory; 0 to never look.
    ///   - onEnd: is told of each sandbox that is ended, on the watch's thread.
    init(lowPercent: Int, onEnd: @escaping @Sendable (_ slot: UInt32, _ bytes: Int) -> Void) {
        self.lowPercent = lowPercent
        self.onEnd = onEnd
    }

    func add(_ slot: UInt32, _ subject: Subject) { subjects.withLock { $0[slot] = subject } }

    func remove(_ slot: UInt32) { subjects.withLock { _ = $0.removeValue(forKey: slot) } }

    /// Starts the thread, which looks four times a second: a core fills about a gibibyte in that many seconds.
    ///
    /// - Throws: `SystemError` when there can be no thread.
    func start() throws(SystemError) {
        guard lowPercent > 0 else { return }
        try PeriodicThread.start(everyMilliseconds: 250) { [self] in
            // Without the figure nothing is known to be short; the next round asks again.
            if let available = try? HostFacts.availableMemoryPercent() { round(available: available) }
        }
    }

    /// One round.
    ///
    /// - Parameter available: percent of the host's memory.
    func round(available: Int) {
        let shortage = Shortage(available: available, lowPercent: lowPercent)
        guard shortage != .none else { return }
        for (slot, subject) in subjects.withLock({ $0 }) {
            // A sandbox that has ended meanwhile keeps nothing.
            guard let bytes = try? Self.bytes(of: subject, shortage), bytes > subject.allowance else { continue }
            subject.end()
            onEnd(slot, bytes)
        }
    }

    /// Counting is cheap and most sandboxes have few sockets, so their queues are looked at only when they could matter.
    private static func bytes(of subject: Subject, _ shortage: Shortage) throws(SystemError) -> Int {
        let most = try SocketMemory.count(seenBy: subject.process) * SocketMemory.mostBytesOfOne
        if shortage == .severe || most <= subject.allowance { return most }
        return try SocketMemory.bytes(seenBy: subject.process, enough: subject.allowance)
    }
}
