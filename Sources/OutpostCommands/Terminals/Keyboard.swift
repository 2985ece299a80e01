// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads standard input on a thread of its own, piece by piece. A piece is read only when the one before is taken.
struct Keyboard: Sendable {
    /// The pieces, until the end of standard input.
    let pieces: AsyncStream<[UInt8]>
    private let taken = DispatchSemaphore(value: 1)

    private static let longestPiece = 32 << 10

    /// Starts to read. The thread ends with standard input or with the process.
    init() {
        let (pieces, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        self.pieces = pieces
        let thread = Thread { [taken] in
            while true {
                taken.wait()
                var bytes = [UInt8](repeating: 0, count: Self.longestPiece)
                let count = read(STDIN_FILENO, &bytes, bytes.count)
                if count < 0, errno == EINTR || errno == EAGAIN {
                    waitForInput()
                    taken.signal()
                    continue
                }
                guard count > 0 else { return continuation.finish() }
                continuation.yield(Array(bytes[..<count]))
            }
        }
        thread.start()
    }

    /// Lets the thread read the next piece.
    func take() { taken.signal() }
}

private func waitForInput() {
    var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    _ = poll(&entry, 1, -1)
}
