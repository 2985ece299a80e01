// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The worker's end of what connects it with the host: frames in both directions. What finds no room is kept, and whoever has
/// much to say asks `hasRoom` before.
struct WorkerLink {
    private let requests: Descriptor
    private let replies: Descriptor
    private var decoder = FrameDecoder()
    private var greeting = Greeting()
    private var outgoing: [UInt8] = []
    private var watch: EpollWatch
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// Bytes that wait for the host to read, beyond which nothing more is read from files.
    private static let much = 128 << 10

    init(requests: Descriptor, replies: Descriptor, _ epoll: Epoll) throws {
        self.requests = requests
        self.replies = replies
        watch = EpollWatch(replies, .write, token: Token.events)
        try requests.setNonBlocking()
        try replies.setNonBlocking()
        try epoll.add(requests.number, .read, token: Token.requests)
    }

    /// Whether more may be said than what must be said.
    var hasRoom: Bool { outgoing.count < Self.much }

    /// Takes what has come, but for the greeting; nil at the end.
    ///
    /// - Throws: `WireError` for what is no request, and for a host of another version.
    mutating func receive() throws -> [WorkerRequest]? {
        guard let count = try requests.read(into: &buffer) else { return [] }
        guard count > 0 else { return nil }
        decoder.append(buffer[..<count])
        var taken: [WorkerRequest] = []
        while let frame = try decoder.next() {
            let request = try WorkerRequest(frame)
            if try !greeting.check(request.hello) { taken.append(request) }
        }
        return taken
    }

    /// Says it now, or as soon as there is room.
    mutating func send(_ reply: WorkerReply, _ epoll: Epoll) throws(SystemError) {
        outgoing += reply.frame.encoded
        try flush(epoll)
    }

    /// Says these one after the other.
    mutating func send(_ replies: [WorkerReply], _ epoll: Epoll) throws(SystemError) {
        for reply in replies { try send(reply, epoll) }
    }

    /// Writes what waits, as far as there is room.
    mutating func flush(_ epoll: Epoll) throws(SystemError) {
        while !outgoing.isEmpty, let count = try replies.write(outgoing[...]) { outgoing.removeFirst(count) }
        try watch.set(!outgoing.isEmpty, epoll)
    }
}
