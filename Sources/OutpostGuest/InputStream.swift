// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// A stream from frames to a program's input. The agent buffers up to a window of bytes, and gives credit for the bytes that
/// it has written.
struct InputStream {
    /// How the program learns of the end of its input.
    enum Ending: Sendable {
        /// The agent closes the descriptor.
        case close
        /// The agent writes a character, because one direction of a terminal cannot be closed (termios(3), VEOF).
        case character(UInt8)
    }

    let number: UInt32
    private let target: Descriptor
    private let ending: Ending
    private var flow: ReceiveFlow
    private var waiting: [UInt8] = []
    private var watch: EpollWatch
    private(set) var isOver = false

    /// - Parameter target: the end to write to. It must be non-blocking.
    init(
        _ number: UInt32, _ target: Descriptor, ending: Ending = .close, window: UInt32 = ProcessStreams.inputWindow
    ) {
        flow = ReceiveFlow(window: window)
        self.number = number
        self.target = target
        self.ending = ending
        watch = EpollWatch(target, .write, token: Token.token(.input, number))
    }

    /// Receives bytes, and writes as many as there is room for.
    ///
    /// - Returns: the message to send to the host, if any.
    mutating func receive(_ bytes: [UInt8]) throws(WireError) -> StreamMessage? {
        try flow.receive(bytes.count)
        waiting += bytes
        return write()
    }

    /// Records the end of the input.
    ///
    /// - Returns: the message to send to the host, if any.
    mutating func end() throws(WireError) -> StreamMessage? {
        try flow.end()
        if case .character(let character) = ending { waiting.append(character) }
        return write()
    }

    /// Writes as many buffered bytes as there is room for.
    ///
    /// - Returns: the message to send to the host, if any.
    mutating func write() -> StreamMessage? {
        defer { if flow.hasEnded, waiting.isEmpty { isOver = true } }
        do throws(SystemError) {
            guard !isOver, !waiting.isEmpty, let count = try target.write(waiting[...]) else { return nil }
            waiting.removeFirst(count)
            return flow.use(count).map { .credit($0) }
        } catch {
            isOver = true
            return .reset(errno: error.number)
        }
    }

    /// Makes the loop wait for room if there are bytes to write.
    mutating func listen(_ epoll: Epoll) throws(SystemError) {
        try watch.set(!waiting.isEmpty && !isOver, epoll)
    }

    /// Closes the descriptor. The program then reads an end of file.
    func close(_ epoll: Epoll) {
        watch.end(epoll)
        target.closeNow()
    }
}
