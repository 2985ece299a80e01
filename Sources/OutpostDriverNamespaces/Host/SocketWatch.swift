// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Synchronization

/// A thread that limits the memory in the sockets of sandboxes. The kernel charges the data that waits in sockets to no
/// cgroup.
///
/// While the host has enough memory, it does nothing. When memory is short, a sandbox may have as much data in sockets
/// as its memory limit. When memory is very short, each socket counts with its maximum, because the kernel does not
/// report all data. A sandbox above its limit ends as out of memory.
final class SocketWatch: Sendable {
    /// A live sandbox.
    struct Subject: Sendable {
        /// A process in the sandbox's network namespace.
        let process: Int32
        /// Maximum bytes in its sockets.
        let allowance: Int
        /// Ends the programs of the sandbox. Must not block.
        let end: @Sendable () -> Void
    }

    /// How short the host's memory is.
    enum Shortage: Hashable, Sendable {
        case none, short, severe

        /// Compares the available memory with the limit.
        ///
        /// - Parameters:
        ///   - available: percent of the host's memory.
        ///   - lowPercent: memory is short below this, and very short below two fifths of it.
        init(available: Int, lowPercent: Int) {
            self = available * 5 < lowPercent * 2 ? .severe : available < lowPercent ? .short : .none
        }
    }

    private let subjects = Mutex<[UInt32: Subject]>([:])
    private let lowPercent: Int
    private let onEnd: @Sendable (_ slot: UInt32, _ bytes: Int) -> Void

    /// Creates the watch.
    ///
    /// - Parameters:
    ///   - lowPercent: percent of the host's memory below which memory is short. 0 turns the watch off.
    ///   - onEnd: called on the watch's thread for each sandbox that is ended.
    init(lowPercent: Int, onEnd: @escaping @Sendable (_ slot: UInt32, _ bytes: Int) -> Void) {
        self.lowPercent = lowPercent
        self.onEnd = onEnd
    }

    /// Watches a sandbox.
    func add(_ slot: UInt32, _ subject: Subject) { subjects.withLock { $0[slot] = subject } }

    /// Stops watching a sandbox.
    func remove(_ slot: UInt32) { subjects.withLock { _ = $0.removeValue(forKey: slot) } }

    /// Starts the thread. It checks four times a second: one core can fill about 1 GiB in one second.
    ///
    /// - Throws: `SystemError` when the thread cannot start.
    func start() throws(SystemError) {
        guard lowPercent > 0 else { return }
        try PeriodicThread.start(everyMilliseconds: 250) { [self] in
            // When the value cannot be read, the next round tries again.
            if let available = try? HostFacts.availableMemoryPercent() { round(available: available) }
        }
    }

    /// Checks all sandboxes once.
    ///
    /// - Parameter available: percent of the host's memory.
    func round(available: Int) {
        let shortage = Shortage(available: available, lowPercent: lowPercent)
        guard shortage != .none else { return }
        for (slot, subject) in subjects.withLock({ $0 }) {
            // A sandbox that has ended meanwhile has no sockets.
            guard let bytes = try? Self.bytes(of: subject, shortage), bytes > subject.allowance else { continue }
            subject.end()
            onEnd(slot, bytes)
        }
    }

    /// Returns the bytes in a sandbox's sockets. Counting sockets is cheap and most sandboxes have few. Therefore their
    /// queues are read only when this can change the decision.
    private static func bytes(of subject: Subject, _ shortage: Shortage) throws(SystemError) -> Int {
        let most = try SocketMemory.count(seenBy: subject.process) * SocketMemory.mostBytesOfOne
        if shortage == .severe || most <= subject.allowance { return most }
        return try SocketMemory.bytes(seenBy: subject.process, enough: subject.allowance)
    }
}
