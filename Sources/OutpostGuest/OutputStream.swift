// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// What a program writes, on its way into frames. It is read only as fast as the host gives credit, so a program whose host
/// does not read waits, as with any full pipe.
struct OutputStream {
    let number: UInt32
    private let source: Descriptor
    private var flow: SendFlow
    private var watch: EpollWatch

    /// - Parameter source: does not block.
    init(_ number: UInt32, _ source: Descriptor, credit: UInt32) {
        self.number = number
        self.source = source
        flow = SendFlow(credit: credit)
        watch = EpollWatch(source, .read, token: Token.token(.output, number))
    }

    /// Bytes in one frame at the most.
    private static let largestPart = 65_536

    mutating func add(credit: UInt32) throws(WireError) { try flow.add(credit) }

    /// Has the loop wait for output when it can be sent, and not otherwise: a descriptor that is not read stays readable.
    mutating func listen(_ epoll: Epoll, hasRoom: Bool) throws(SystemError) {
        try watch.set(flow.canSend && hasRoom, epoll)
    }

    /// Takes what there is, as much as may be sent.
    ///
    /// - Returns: what to say of it; nil when there is nothing yet.
    mutating func read() -> StreamMessage? {
        guard flow.canSend else { return nil }
        var buffer = [UInt8](repeating: 0, count: min(flow.credit, Self.largestPart))
        do throws(SystemError) {
            guard let count = try source.read(into: &buffer) else { return nil }
            if count == 0 { return end() }
            flow.sent(count)
            return .data(Array(buffer[..<count]))
        } catch {
            // A terminal that no program has open any more says EIO (pts(4) has no word of it; drivers/tty/n_tty.c).
            return end()
        }
    }

    private mutating func end() -> StreamMessage {
        flow.end()
        return .end
    }

    /// Whether nothing more is sent, so that it can be forgotten.
    var isOver: Bool { flow.isOver }

    /// Nobody wants it any more. A program that writes on gets SIGPIPE, or SIGHUP from its terminal.
    func close(_ epoll: Epoll) {
        watch.end(epoll)
        source.closeNow()
    }
}
