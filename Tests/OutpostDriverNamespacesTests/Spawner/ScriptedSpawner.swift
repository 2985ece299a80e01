// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// A spawner that answers what the test says and when it says so.
@Reactor
final class ScriptedSpawner {
    struct Request {
        let id: UInt64
        let request: SpawnerRequest
        let descriptors: [Descriptor]
    }

    private let socket: MessageSocket
    private var watch: Reactor.Watch?
    private var received: [Request] = []
    private var isAtEnd = false
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ socket: MessageSocket) throws {
        self.socket = socket
        try socket.descriptor.setNonBlocking()
        try listen()
    }

    func listen() throws {
        watch = try Reactor.watch(socket.descriptor, for: .read) { [weak self] in self?.receive() }
    }

    /// Leaves what comes in the socket, until `listen`.
    func stopListening() {
        if let watch { Reactor.end(watch) }
        watch = nil
    }

    private func receive() {
        do {
            while !isAtEnd {
                switch try socket.receive(limit: 65_536) {
                case .message(let bytes, let descriptors):
                    let (id, request) = try SpawnerRequest.decode(bytes)
                    received.append(Request(id: id, request: request, descriptors: descriptors))
                case .nothing: return wake()
                case .end:
                    isAtEnd = true
                    stopListening()
                }
            }
        } catch {
            Issue.record(error)
        }
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    /// The next request; nil when the server sends no more.
    func next() async -> Request? {
        while received.isEmpty, !isAtEnd { await withCheckedContinuation { waiter = $0 } }
        return received.isEmpty ? nil : received.removeFirst()
    }

    /// The next request, which must be this one.
    @discardableResult
    func expect(
        _ request: SpawnerRequest, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Request {
        let next = try #require(await next(), sourceLocation: sourceLocation)
        #expect(next.request == request, sourceLocation: sourceLocation)
        return next
    }

    /// What has come and nobody has asked for.
    var unread: [SpawnerRequest] { received.map(\.request) }

    func greet() throws { try answer(.done, to: SpawnerReply.greeting) }

    func answer(_ reply: SpawnerReply, to id: UInt64, _ descriptors: [Descriptor] = []) throws {
        try send(reply.encoded(id: id), descriptors)
    }

    func send(_ bytes: [UInt8], _ descriptors: [Descriptor] = []) throws {
        #expect(try socket.send(bytes[...], descriptors: descriptors) != nil)
    }

    /// The spawner, and whoever starts another in its place, is gone.
    func close() {
        stopListening()
        socket.descriptor.closeNow()
    }
}
