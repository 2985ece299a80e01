// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import Synchronization

/// Reads standard input on a thread of its own, some bytes ahead of its user.
final class InputReader: Sendable {
    /// What has been read since the last piece.
    struct Piece: Equatable, Sendable {
        var bytes: [UInt8]
        /// Whether the input has ended.
        var isLast: Bool
    }

    private struct State {
        var piece = Piece(bytes: [], isLast: false)
        /// Whether the thread waits because the piece is full.
        var isFull = false
        /// The piece has bytes, or is the last.
        var arrival = Milestone()
    }

    private let descriptor: Int32
    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)

    /// A piece takes no more bytes from this size on.
    static let fullSize = 1 << 20
    private static let readSize = 64 << 10

    /// Starts to read. The thread ends with the input or with the process.
    init(_ descriptor: Int32 = STDIN_FILENO) {
        self.descriptor = descriptor
        Thread { [self] in readAll() }.start()
    }

    /// Waits for input.
    ///
    /// - Returns: all bytes that have been read. Nil when the calling task is cancelled.
    func next() async -> Piece? {
        await state.withLock { $0.arrival }.wait()
        if Task.isCancelled { return nil }
        return state.withLock { state in
            let piece = state.piece
            state.piece.bytes = []
            if !piece.isLast { state.arrival = Milestone() }
            if state.isFull { room.signal() }
            state.isFull = false
            return piece
        }
    }

    private func readAll() {
        // A terminal does not stop this process when it is in the background. The read fails with EIO instead
        // (termios(3), `TOSTOP`; setpgid(2)).
        var stop = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTTIN)
        pthread_sigmask(SIG_BLOCK, &stop, nil)
        var bytes = [UInt8](repeating: 0, count: Self.readSize)
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            if count < 0, waits(after: errno) { continue }
            add(bytes.prefix(max(0, count)), isLast: count <= 0)
            if count <= 0 { return }
        }
    }

    /// Waits until a failed read can be tried again.
    ///
    /// - Returns: false when it cannot.
    private func waits(after error: Int32) -> Bool {
        switch error {
        case EINTR: return true
        case EAGAIN:
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, -1)
            return true
        case EIO:
            let foreground = tcgetpgrp(descriptor)
            guard foreground > 0, foreground != getpgrp() else { return false }
            // Nothing tells when this process comes to the foreground.
            Thread.sleep(forTimeInterval: 0.2)
            return true
        default: return false
        }
    }

    private func add(_ bytes: ArraySlice<UInt8>, isLast: Bool) {
        let isFull = state.withLock { state in
            state.piece.bytes += bytes
            state.piece.isLast = isLast
            state.isFull = !isLast && state.piece.bytes.count >= Self.fullSize
            state.arrival.reach()
            return state.isFull
        }
        if isFull { room.wait() }
    }
}
