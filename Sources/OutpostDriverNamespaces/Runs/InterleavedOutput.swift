// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import Synchronization

/// Reads the two output streams of a program in the order of its writes.
///
/// Each pipe holds only one write: it has one page and is in packet mode (pipe(2), `O_DIRECT`; fcntl(2),
/// `F_SETPIPE_SZ`). The next write waits until this one is read. One read for each time that a pipe becomes readable
/// therefore keeps the order. A write of more than 4,096 bytes arrives in several parts.
///
/// It reads on its own thread: a read may wait for the program (see `OutputReader`), and a program that writes much
/// keeps the thread busy.
final class InterleavedOutput: Sendable {
    private struct State: ~Copyable {
        var parts: [(stream: LiveOutput.Stream, part: OutputPart)] = []
        /// Whether a delivery on the reactor is scheduled.
        var isDeliveryScheduled = false
        var isReaderWaiting = false
    }

    private let pipes: [(stream: LiveOutput.Stream, pipe: Descriptor)]
    private let ready: ReadyOrder
    private let deliver: @Reactor @Sendable (LiveOutput.Stream, OutputPart) -> Void
    private let state = Mutex(State())
    private let room = CallSemaphore()

    /// Starts the reading thread.
    ///
    /// - Parameter deliver: receives each part in order. The last part of each stream is always delivered and is marked
    ///   as the last.
    init(
        _ pipes: [(stream: LiveOutput.Stream, read: Descriptor, write: Descriptor)],
        deliver: @escaping @Reactor @Sendable (LiveOutput.Stream, OutputPart) -> Void
    ) throws(SystemError) {
        for pipe in pipes { try pipe.write.holdOneWrite() }
        self.pipes = pipes.map { ($0.stream, $0.read) }
        self.deliver = deliver
        ready = try ReadyOrder(pipes.map(\.read))
        BlockingPool(limit: 1).submit { [self] in read() }
    }

    /// Stops reading without waiting for the end.
    func end() { ready.end() }

    private func read() {
        var open = Set(pipes.indices)
        while !open.isEmpty, let entries = ready.wait() {
            for entry in entries where open.contains(entry.index) {
                let pipe = pipes[entry.index]
                let part = OutputPart(from: pipe.pipe, reads: entry.isHungUp ? OutputPart.mostReads : 1)
                if part.isLast { open.remove(entry.index) }
                pass(pipe.stream, part)
            }
        }
        for index in open { pass(pipes[index].stream, .end) }
    }

    private func pass(_ stream: LiveOutput.Stream, _ part: OutputPart) {
        let (isFirst, isFull) = state.withLock { state in
            state.parts.append((stream, part))
            defer { state.isDeliveryScheduled = true }
            state.isReaderWaiting = state.parts.count >= Self.mostParts
            return (!state.isDeliveryScheduled, state.isReaderWaiting)
        }
        if isFirst { Reactor.perform { self.deliverParts() } }
        if isFull { room.wait() }
    }

    @Reactor private func deliverParts() {
        let (parts, isReaderWaiting) = state.withLock { state in
            defer { (state.parts, state.isDeliveryScheduled, state.isReaderWaiting) = ([], false, false) }
            return (state.parts, state.isReaderWaiting)
        }
        if isReaderWaiting { room.signal() }
        for (stream, part) in parts { deliver(stream, part) }
    }

    /// Maximum parts, of one page each, that wait for delivery.
    private static let mostParts = 256
}
