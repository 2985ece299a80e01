// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The agent's end of what connects it with the host: requests come with descriptors, events go as bytes. It never waits for
/// the host to read: what finds no room is kept, and whoever has much to say asks `hasRoom` before.
struct HostLink {
    private let requests: MessageSocket
    private let events: Descriptor
    private var decoder = FrameDecoder()
    /// What came with requests and belongs to one that is not there yet, in order.
    private var descriptors: [Descriptor] = []
    private var outgoing: [UInt8] = []
    private var watch: EpollWatch
    private var greeting = Greeting()

    /// Bytes that wait for the host to read, beyond which no output of programs is read.
    private static let much = 128 << 10

    init(requests: MessageSocket, events: Descriptor, _ epoll: Epoll) throws {
        self.requests = requests
        self.events = events
        watch = EpollWatch(events, .write, token: Token.events)
        try events.setNonBlocking()
        try epoll.add(requests.descriptor.number, .read, token: Token.requests)
    }

    /// Whether more may be said than what must be said.
    var hasRoom: Bool { outgoing.count < Self.much }

    /// Takes what has come, but for the greeting; nil at the end.
    ///
    /// - Throws: `WireError` for what is no request, and for a host of another version.
    mutating func receive() throws -> [GuestRequest]? {
        switch try requests.receive(limit: 262_144) {
        case .end: return nil
        case .nothing: return []
        case .message(let bytes, let received):
            descriptors += received
            decoder.append(bytes)
            var taken: [GuestRequest] = []
            while let frame = try decoder.next() {
                let request = try GuestRequest(frame)
                if try !greeting.check(request.hello) { taken.append(request) }
            }
            return taken
        }
    }

    /// The descriptors of a program that is to be started.
    mutating func takeDescriptors(of program: GuestProgram) throws(WireError) -> [Descriptor] {
        let least = program.streams.attachedDescriptors + program.copies.count
        guard descriptors.count >= Int(program.descriptors), program.descriptors >= least else {
            throw WireError("start came with \(descriptors.count) descriptors")
        }
        defer { descriptors.removeFirst(Int(program.descriptors)) }
        return Array(descriptors.prefix(Int(program.descriptors)))
    }

    /// Says it now, or as soon as there is room.
    mutating func send(_ event: GuestEvent, _ epoll: Epoll) throws {
        outgoing += event.frame.encoded
        try flush(epoll)
    }

    /// Writes what waits, as far as there is room.
    mutating func flush(_ epoll: Epoll) throws {
        while !outgoing.isEmpty, let count = try events.write(outgoing[...]) { outgoing.removeFirst(count) }
        try watch.set(!outgoing.isEmpty, epoll)
    }
}
