// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostTesting
import Synchronization
import Testing

@testable import OutpostServer

/// Bodies that are never in memory as a whole.
@Suite(.timeLimit(.minutes(10)))
struct StreamedBodyTests {
    private final class Counts: Sendable {
        /// By the client, and taken by the handler.
        let written = Atomic<Int>(0)
        let taken = Atomic<Int>(0)
        let sent = Atomic<Int>(0)
        /// Ends when the handler may take the body.
        let held = AsyncStream<Never>.makeStream()
    }

    private static let size = 100 << 20
    /// More than what the kernel holds for one connection in both of its buffers, on a host that allows much (tcp(7)).
    private static let mostOnTheWay = 48 << 20

    /// Calls on connections of their own, which the server's event loops get in turn. A server that still read the body would do
    /// so between them.
    private static let callsWithoutProgress = 40

    private let counts = Counts()

    private func dialect(_ fixture: StepFixture, limit: Int = size) -> Dialect {
        let native = Dialect.native(for: fixture)
        return Dialect(
            prefixes: [""], credential: native.credential, refusal: native.refusal, headers: native.headers,
            endpoints: [
                Endpoint(method: .put, path: PathTemplate("/up"), access: .authenticated, body: .streamed) {
                    [counts] call in
                    try await call.incoming.forEach(limit: limit) { piece async throws(OutpostError) in
                        for await _ in counts.held.stream {}
                        counts.taken.add(piece.readableBytes, ordering: .relaxed)
                    }
                    return .json(["bytes": .integer(Int64(counts.taken.load(ordering: .relaxed)))])
                },
                Endpoint(method: .get, path: PathTemplate("/small"), access: .authenticated) { _ in .json([:]) },
                Endpoint(method: .get, path: PathTemplate("/down"), access: .authenticated) { [counts] _ in
                    .events { send in
                        let piece = [UInt8](repeating: 1, count: 1 << 16)
                        for _ in 0..<(Self.size >> 16) {
                            try await send(piece)
                            counts.sent.add(piece.count, ordering: .relaxed)
                        }
                    }
                },
            ])
    }

    private func head(_ fixture: StepFixture, _ line: String, _ length: Int? = nil) -> String {
        let length = length.map { "Content-Length: \($0)\r\n" } ?? ""
        return "\(line) HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(fixture.secret.text)\r\n\(length)\r\n"
    }

    /// The handler takes nothing until the client could write no more, or has written all: then the server would have it.
    @Test func aBodyWaitsWithTheClientUntilTheHandlerTakesIt() async throws {
        let fixture = try await StepFixture()
        let start = head(fixture, "PUT /up", Self.size)
        let small = head(fixture, "GET /small")
        try await fixture.withServer([dialect(fixture)]) { [counts] port in
            try await TestConnection.with(port: port) { client in
                try await client.send(start)
                let piece = ByteBuffer(repeating: 1, count: 1 << 20)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await Self.releaseWhenStill(counts) { try await Self.call(small, port: port) } }
                    var mostAhead = 0
                    for _ in 0..<(Self.size / piece.readableBytes) {
                        try await client.send(piece)
                        let now = counts.written.add(piece.readableBytes, ordering: .relaxed).newValue
                        mostAhead = max(mostAhead, now - counts.taken.load(ordering: .relaxed))
                    }
                    #expect(mostAhead <= Self.mostOnTheWay, "\(mostAhead) bytes were on their way")
                    group.cancelAll()
                    try await group.next()
                }
                #expect(try await client.head().hasPrefix("HTTP/1.1 200 "))
                #expect(counts.taken.load(ordering: .relaxed) == Self.size)
            }
        }
    }

    /// Lets the handler go on when the server has answered many calls and taken nothing of the client's body meanwhile, or this is
    /// cancelled.
    private static func releaseWhenStill(_ counts: Counts, call: () async throws -> Void) async throws {
        defer { counts.held.continuation.finish() }
        var last = -1
        while counts.written.load(ordering: .relaxed) != last {
            last = counts.written.load(ordering: .relaxed)
            for _ in 0..<callsWithoutProgress {
                try Task.checkCancellation()
                try await call()
            }
        }
    }

    private static func call(_ request: String, port: Int) async throws {
        try await TestConnection.with(port: port) { client in
            try await client.send(request)
            #expect(try await client.head().hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func aBodyAboveTheHandlersLimitIsRefused() async throws {
        let fixture = try await StepFixture()
        let start = head(fixture, "PUT /up", 11)
        counts.held.continuation.finish()
        try await fixture.withServer([dialect(fixture, limit: 10)]) { port in
            try await TestConnection.with(port: port) { client in
                try await client.send(start + "01234567890")
                #expect(try await client.head().hasPrefix("HTTP/1.1 413 "))
            }
        }
    }

    @Test func anAnswerWaitsWithItsHandlerUntilTheClientTakesIt() async throws {
        let fixture = try await StepFixture()
        let start = head(fixture, "GET /down")
        try await fixture.withServer([dialect(fixture)]) { [counts] port in
            try await TestConnection.with(port: port) { client in
                try await client.send(start)
                #expect(try await client.head().hasPrefix("HTTP/1.1 200 "))
                var received = 0
                var mostAhead = 0
                // The framing of chunks comes on top.
                while received < Self.size {
                    mostAhead = max(mostAhead, counts.sent.load(ordering: .relaxed) - received)
                    received += try await client.next()?.readableBytes ?? Self.size
                }
                #expect(mostAhead <= Self.mostOnTheWay, "\(mostAhead) bytes were on their way")
            }
        }
    }
}
