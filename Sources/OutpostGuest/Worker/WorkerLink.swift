// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The worker's connection to the host, with frames in both directions. It buffers what it cannot write. Senders of much data
/// check `hasRoom` first.
struct WorkerLink {
    private let requests: Descriptor
    private let replies: Descriptor
    private var decoder = FrameDecoder()
    private var greeting = Greeting()
    private var outgoing: [UInt8] = []
    private var watch: EpollWatch
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// The most buffered bytes. Above that nothing is read from files and ports.
    private static let mostBuffered = 128 << 10

    init(requests: Descriptor, replies: Descriptor, _ epoll: Epoll) throws {
        self.requests = requests
        self.replies = replies
        watch = EpollWatch(replies, .write, token: Token.events)
        try requests.setNonBlocking()
        try replies.setNonBlocking()
        try epoll.add(requests.number, .read, token: Token.requests)
    }

    /// Whether data can be sent. Other replies are sent in any case.
    var hasRoom: Bool { outgoing.count < Self.mostBuffered }

    /// Receives requests, without the hello. Nil when the host has closed its end.
    ///
    /// - Throws: `WireError` for an invalid request, and for a host of another version.
    mutating func receive() throws -> [WorkerRequest]? {
        guard let count = try requests.read(into: &buffer) else { return [] }
        guard count > 0 else { return nil }
        decoder.append(buffer[..<count])
        var received: [WorkerRequest] = []
        while let frame = try decoder.next() {
            let request = try WorkerRequest(frame)
            if try !greeting.check(request.hello) { received.append(request) }
        }
        return received
    }

    /// Sends a reply now, or when there is room.
    mutating func send(_ reply: WorkerReply, _ epoll: Epoll) throws(SystemError) {
        let frame = reply.frame
        outgoing += frame.head
        var rest = frame.payload[...]
        if rest.count >= Self.largePayload {
            try flush(epoll)
            // What the pipe takes at once is not copied.
            if outgoing.isEmpty { rest = rest.dropFirst(try replies.write(rest) ?? 0) }
        }
        outgoing += rest
        try flush(epoll)
    }

    /// Bytes from which a copy costs more than another write.
    private static let largePayload = 16 << 10

    /// Sends replies in order.
    mutating func send(_ replies: [WorkerReply], _ epoll: Epoll) throws(SystemError) {
        for reply in replies { try send(reply, epoll) }
    }

    /// Writes as many buffered bytes as there is room for.
    mutating func flush(_ epoll: Epoll) throws(SystemError) {
        while !outgoing.isEmpty, let count = try replies.write(outgoing[...]) { outgoing.removeFirst(count) }
        try watch.set(!outgoing.isEmpty, epoll)
    }
}
