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
    /// Takes bytes of files, which so are never in this process's memory. Nil when the user has no pipes left.
    private let pipe = try? Descriptor.pipe()
    /// The bytes in the pipe. They come after `outgoing`.
    private var piped = 0
    /// What comes after the bytes in the pipe.
    private var later: [UInt8] = []
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
    var hasRoom: Bool { piped == 0 && outgoing.count < Self.mostBuffered }

    /// The end of the pipe for the bytes of a file, while it is empty.
    var emptyPipe: Descriptor? { piped == 0 ? pipe?.write : nil }

    /// Sends the bytes that are in the pipe now as data of a stream.
    mutating func sendPiped(_ count: Int, of stream: UInt32, _ epoll: Epoll) throws(SystemError) {
        outgoing += StreamMessage.dataHead(stream, length: count)
        piped = count
        try flush(epoll)
    }

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
        guard piped == 0 else { return later += frame.encoded }
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
        try flushOutgoing()
        if outgoing.isEmpty, piped > 0 {
            try flushPipe()
            if piped == 0 {
                swap(&outgoing, &later)
                try flushOutgoing()
            }
        }
        try watch.set(!outgoing.isEmpty || piped > 0, epoll)
    }

    private mutating func flushOutgoing() throws(SystemError) {
        while !outgoing.isEmpty, let count = try replies.write(outgoing[...]) { outgoing.removeFirst(count) }
    }

    private mutating func flushPipe() throws(SystemError) {
        while piped > 0, let pipe, let count = try pipe.read.move(atMost: piped, to: replies) { piped -= count }
    }
}
