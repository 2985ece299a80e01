// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The agent's connection to the host. Requests come with descriptors, and events go as bytes. It never waits for the host to
/// read: it buffers what it cannot write. Senders of much data check `hasRoom` first.
struct HostLink {
    private let requests: MessageSocket
    private let events: Descriptor
    private var decoder = FrameDecoder()
    /// Received descriptors whose request is not complete yet, in order.
    private var descriptors: [Descriptor] = []
    private var outgoing: [UInt8] = []
    private var watch: EpollWatch
    private var greeting = Greeting()

    /// The most buffered bytes. Above that no output of programs is read.
    private static let mostBuffered = 128 << 10

    init(requests: MessageSocket, events: Descriptor, _ epoll: Epoll) throws {
        self.requests = requests
        self.events = events
        watch = EpollWatch(events, .write, token: Token.events)
        try events.setNonBlocking()
        try epoll.add(requests.descriptor.number, .read, token: Token.requests)
    }

    /// Whether output of programs can be sent. Other events are sent in any case.
    var hasRoom: Bool { outgoing.count < Self.mostBuffered }

    /// Receives requests, without the hello. Nil when the host has closed its end.
    ///
    /// - Throws: `WireError` for an invalid request, and for a host of another version.
    mutating func receive() throws -> [GuestRequest]? {
        switch try requests.receive(limit: 262_144) {
        case .end: return nil
        case .nothing: return []
        case .message(let bytes, let received):
            descriptors += received
            decoder.append(bytes)
            var received: [GuestRequest] = []
            while let frame = try decoder.next() {
                let request = try GuestRequest(frame)
                if try !greeting.check(request.hello) { received.append(request) }
            }
            return received
        }
    }

    /// Removes and returns the descriptors of a program that is about to start.
    ///
    /// - Throws: `WireError` when there are too few.
    mutating func takeDescriptors(of program: GuestProgram) throws(WireError) -> [Descriptor] {
        let least = program.streams.attachedDescriptors + program.copies.count
        guard descriptors.count >= Int(program.descriptors), program.descriptors >= least else {
            throw WireError("start came with \(descriptors.count) descriptors")
        }
        defer { descriptors.removeFirst(Int(program.descriptors)) }
        return Array(descriptors.prefix(Int(program.descriptors)))
    }

    /// Sends an event now, or when there is room.
    mutating func send(_ event: GuestEvent, _ epoll: Epoll) throws {
        outgoing += event.frame.encoded
        try flush(epoll)
    }

    /// Writes as many buffered bytes as there is room for.
    mutating func flush(_ epoll: Epoll) throws {
        while !outgoing.isEmpty, let count = try events.write(outgoing[...]) { outgoing.removeFirst(count) }
        try watch.set(!outgoing.isEmpty, epoll)
    }
}
