// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// A stream from a program's output to frames. It reads only as many bytes as the host has given credit for. If the host does
/// not read, the program waits, as with any full pipe.
struct OutputStream {
    let number: UInt32
    private let source: Descriptor
    private var flow: SendFlow
    private var watch: EpollWatch

    /// - Parameter source: the end to read from. It must be non-blocking.
    init(_ number: UInt32, _ source: Descriptor, credit: UInt32) {
        self.number = number
        self.source = source
        flow = SendFlow(credit: credit)
        watch = EpollWatch(source, .read, token: Token.token(.output, number))
    }

    /// The most bytes in one frame.
    private static let largestPart = 65_536

    /// Adds credit from the host.
    mutating func add(credit: UInt32) throws(WireError) { try flow.add(credit) }

    /// Makes the loop wait for output if output can be sent.
    mutating func listen(_ epoll: Epoll, hasRoom: Bool) throws(SystemError) {
        try watch.set(flow.canSend && hasRoom, epoll)
    }

    /// Reads once, at most as many bytes as can be sent.
    ///
    /// - Returns: the message to send to the host; nil when there is no data.
    mutating func read() -> StreamMessage? {
        guard flow.canSend else { return nil }
        do throws(SystemError) {
            guard let bytes = try source.read(atMost: min(flow.credit, Self.largestPart)) else { return nil }
            if bytes.isEmpty { return end() }
            flow.sent(bytes.count)
            return .data(bytes)
        } catch {
            // A terminal that no program has open returns EIO (drivers/tty/n_tty.c; pts(4) does not mention it).
            return end()
        }
    }

    private mutating func end() -> StreamMessage {
        flow.end()
        return .end
    }

    /// Whether the stream has ended and can be removed.
    var isOver: Bool { flow.isOver }

    /// Closes the descriptor. A program that still writes gets SIGPIPE, or SIGHUP from its terminal.
    func close(_ epoll: Epoll) {
        watch.end(epoll)
        source.closeNow()
    }
}
