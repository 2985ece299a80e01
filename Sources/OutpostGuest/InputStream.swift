// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// What a program reads, on its way out of frames. The agent keeps a window of it, and gives credit for what it has written.
struct InputStream {
    /// How a stream says that nothing more comes.
    enum Ending: Sendable {
        /// By its end.
        case close
        /// By a character, since nobody can end half of a terminal (termios(3), VEOF).
        case character(UInt8)
    }

    let number: UInt32
    private let target: Descriptor
    private let ending: Ending
    private var flow: ReceiveFlow
    private var waiting: [UInt8] = []
    private var watch: EpollWatch
    private(set) var isOver = false

    /// - Parameter target: does not block.
    init(
        _ number: UInt32, _ target: Descriptor, ending: Ending = .close, window: UInt32 = ProcessStreams.inputWindow
    ) {
        flow = ReceiveFlow(window: window)
        self.number = number
        self.target = target
        self.ending = ending
        watch = EpollWatch(target, .write, token: Token.token(.input, number))
    }

    /// Takes bytes, and writes as much as there is room for.
    ///
    /// - Returns: what to say of it.
    mutating func take(_ bytes: [UInt8]) throws(WireError) -> StreamMessage? {
        try flow.receive(bytes.count)
        waiting += bytes
        return write()
    }

    /// Nothing more comes.
    mutating func end() throws(WireError) -> StreamMessage? {
        try flow.end()
        if case .character(let character) = ending { waiting.append(character) }
        return write()
    }

    /// Writes as much as there is room for.
    ///
    /// - Returns: what to say of it.
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

    /// Has the loop wait for room when there is something to write, and not otherwise.
    mutating func listen(_ epoll: Epoll) throws(SystemError) {
        try watch.set(!waiting.isEmpty && !isOver, epoll)
    }

    /// Closes it: the program reads the end.
    func close(_ epoll: Epoll) {
        watch.end(epoll)
        target.closeNow()
    }
}
