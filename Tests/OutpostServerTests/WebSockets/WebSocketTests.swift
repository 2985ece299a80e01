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

/// A WebSocket connection from its handshake to its close.
@Suite(.timeLimit(.minutes(10)))
struct WebSocketTests {
    private final class Counts: Sendable {
        let opened = Atomic<Int>(0)
        let sent = Atomic<Int>(0)
        let received = Atomic<Int>(0)
        let ended = Milestone()
    }

    private let counts = Counts()

    private func dialect(_ fixture: StepFixture) -> Dialect {
        let native = Dialect.native(for: fixture)
        var limits = WebSocketLimits()
        limits.messageBytes = 1000
        var impatient = WebSocketLimits()
        impatient.pingInterval = .milliseconds(20)
        return Dialect(
            prefixes: [""], credential: native.credential, refusal: native.refusal, headers: native.headers,
            endpoints: [
                .webSocket("/echo", access: .authenticated, subprotocols: ["b", "a"], limits: limits) {
                    [counts] _, socket, messages in
                    counts.opened.add(1, ordering: .relaxed)
                    while let message = try await messages.next() {
                        switch message {
                        case .text("fail"): throw OutpostError(.conflict, "no")
                        case .text("end"): return
                        case .text(let text): try await socket.send(text)
                        case .binary(let bytes): try await socket.send(bytes)
                        }
                    }
                },
                .webSocket("/flood", access: .authenticated) { [counts] _, socket, _ in
                    let piece = ByteBuffer(repeating: 1, count: 1 << 16)
                    for _ in 1...1024 {
                        try await socket.send(piece)
                        counts.sent.add(1, ordering: .relaxed)
                    }
                },
                .webSocket("/listening", access: .authenticated, limits: impatient) { [counts] _, _, messages in
                    defer { counts.ended.reach() }
                    while try await messages.next() != nil {}
                },
                .webSocket("/deaf", access: .authenticated, limits: impatient) { [counts] _, _, _ in
                    defer { counts.ended.reach() }
                    await Milestone().wait()
                },
                Endpoint(method: .get, path: PathTemplate("/plain"), access: .authenticated) { _ in
                    .json(["plain": .bool(true)])
                },
            ])
    }

    private func withEcho(_ body: @escaping @Sendable (Int, _ authorization: String) async throws -> Void) async throws
    {
        let fixture = try await StepFixture()
        let authorization = "Authorization: Bearer \(fixture.secret.text)"
        try await fixture.withServer([dialect(fixture)]) { try await body($0, authorization) }
    }

    @Test func messagesComeBackUntilTheClientCloses() async throws {
        try await withEcho { port, authorization in
            try await TestConnection.with(port: port) { client in
                let head = try await client.handshake("/echo", authorization)
                #expect(head.hasPrefix("HTTP/1.1 101 "))
                #expect(head.lowercased().contains("upgrade: websocket\r\n"))
                // The key and its answer are those of RFC 6455, section 1.3.
                #expect(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
                #expect(head.contains("X-Request-Id: req_"))
                #expect(!head.contains("close"))
                try await client.send(masked(0x81, Array("hello".utf8)))
                var frame = try await client.frame()
                #expect(frame.first == 0x81)
                #expect(String(buffer: frame.payload) == "hello")
                let long = [UInt8](repeating: 5, count: 999)
                try await client.send(masked(0x82, long))
                frame = try await client.frame()
                #expect(frame.first == 0x82)
                #expect(Array(frame.payload.readableBytesView) == long)
                try await client.send(masked(0x89, [1, 2]))
                frame = try await client.frame()
                #expect(frame.first == 0x8A)
                #expect(Array(frame.payload.readableBytesView) == [1, 2])
                try await client.send(masked(0x88, [0x0F, 0xA0]))
                frame = try await client.frame()
                #expect(frame.first == 0x88)
                #expect(Array(frame.payload.readableBytesView) == [0x0F, 0xA0])
                #expect(try await client.next() == nil, "the server ends the connection")
            }
        }
    }

    @Test func anEarlierRequestOfTheConnectionDoesNotHinderIt() async throws {
        try await withEcho { port, authorization in
            try await TestConnection.with(port: port) { client in
                try await client.send("GET /plain HTTP/1.1\r\nHost: h\r\n\(authorization)\r\n\r\n")
                #expect(try await client.head().hasPrefix("HTTP/1.1 200 "))
                _ = try await client.bytes(#"{"plain":true}"#.utf8.count)
                #expect(try await client.handshake("/echo", authorization).hasPrefix("HTTP/1.1 101 "))
                try await client.send(masked(0x81, Array("x".utf8)))
                #expect(String(buffer: try await client.frame().payload) == "x")
            }
        }
    }

    @Test func whoMayNotCallIsAnsweredAndNotUpgraded() async throws {
        try await withEcho { [counts] port, _ in
            try await TestConnection.with(port: port) { client in
                let head = try await client.handshake("/echo", "Authorization: Bearer op_pat_x")
                #expect(head.hasPrefix("HTTP/1.1 401 "))
                #expect(head.lowercased().contains("connection: close\r\n"), "its parser has stopped")
                var body = ""
                while let more = try await client.next() { body += String(buffer: more) }
                #expect(body.hasPrefix(#"{"code":"unauthorized""#))
            }
            #expect(counts.opened.load(ordering: .relaxed) == 0)
        }
    }

    @Test(arguments: [
        ("Sec-WebSocket-Version: 12", "sec-websocket-version: 13"), ("Sec-WebSocket-Key: AAAA", "bytes"),
        ("Upgrade: h2c", "upgrade: websocket"),
    ])
    func whatIsNoHandshakeIsRefused(header: String, expected: String) async throws {
        try await withEcho { port, authorization in
            try await TestConnection.with(port: port) { client in
                let name = header.prefix { $0 != ":" }
                let lines = [
                    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ].map { $0.hasPrefix("\(name):") ? header : $0 }
                let head = "GET /echo HTTP/1.1\r\nHost: h\r\n\(authorization)\r\n"
                try await client.send(head + lines.joined(separator: "\r\n") + "\r\n\r\n")
                var answer = try await client.head()
                #expect(answer.hasPrefix("HTTP/1.1 400 "))
                while let more = try await client.next() { answer += String(buffer: more) }
                #expect(answer.lowercased().contains(expected))
            }
        }
    }

    @Test func aCallThatIsNoWebSocketAnswersAnUpgradeAsUsualAndEndsTheConnection() async throws {
        try await withEcho { port, authorization in
            try await TestConnection.with(port: port) { client in
                let head = try await client.handshake("/plain", authorization)
                #expect(head.hasPrefix("HTTP/1.1 200 "))
                #expect(head.lowercased().contains("connection: close\r\n"))
                var body = ""
                while let more = try await client.next() { body += String(buffer: more) }
                #expect(body == #"{"plain":true}"#)
            }
        }
    }

    @Test func theProtocolIsTheServersChoiceOfTheClientsOffer() async throws {
        try await withEcho { port, authorization in
            try await TestConnection.with(port: port) { client in
                let head = try await client.handshake("/echo", authorization, "Sec-WebSocket-Protocol: a, c, b")
                #expect(head.lowercased().contains("sec-websocket-protocol: b\r\n"))
            }
        }
    }

    @Test(
        arguments: [
            (masked(0x81, Array("end".utf8)), [0x03, 0xE8]), (masked(0x81, Array("fail".utf8)), [0x03, 0xF0]),
            (masked(0x82, [1], isMasked: false), [0x03, 0xEA]),
            (masked(0x82, [UInt8](repeating: 1, count: 1001)), [0x03, 0xF1]), (masked(0x81, [0xFF]), [0x03, 0xEF]),
        ] as [(ByteBuffer, [UInt8])])
    func theServerSaysWhyItCloses(sent: ByteBuffer, code: [UInt8]) async throws {
        try await withEcho { port, authorization in
            try await TestConnection.with(port: port) { client in
                _ = try await client.handshake("/echo", authorization)
                try await client.send(sent)
                let frame = try await client.frame()
                #expect(frame.first == 0x88)
                #expect(Array(frame.payload.readableBytesView.prefix(2)) == code)
                try await client.send(masked(0x88, Array(code)))
                #expect(try await client.next() == nil)
            }
        }
    }

    /// 64 MiB for a client that takes them piece by piece: what it has not taken waits with the handler.
    @Test func aClientThatDoesNotReadHoldsTheHandlerUp() async throws {
        try await withEcho { [counts] port, authorization in
            try await TestConnection.with(port: port) { client in
                _ = try await client.handshake("/flood", authorization)
                var mostAhead = 0
                for taken in 0..<1024 {
                    mostAhead = max(mostAhead, counts.sent.load(ordering: .relaxed) - taken)
                    #expect(try await client.frame().payload.readableBytes == 1 << 16)
                }
                #expect(mostAhead <= 256, "\(mostAhead) messages of 64 KiB were on their way")
                #expect(try await client.frame().first == 0x88)
            }
        }
    }

    @Test func aClientThatAnswersNoPingIsGone() async throws {
        try await withEcho { [counts] port, authorization in
            try await TestConnection.with(port: port) { client in
                _ = try await client.handshake("/listening", authorization)
                for _ in 1...2 { #expect(try await client.nextFrame().first == 0x89) }
                await counts.ended.wait()
                while try await client.next() != nil {}
            }
        }
    }

    @Test func aHandlerThatDoesNotReadEndsWhenItsClientIsGone() async throws {
        try await withEcho { [counts] port, authorization in
            try await TestConnection.with(port: port) { client in
                _ = try await client.handshake("/deaf", authorization)
                for _ in 1...5 { #expect(try await client.nextFrame().first == 0x89) }
                #expect(!counts.ended.isReached)
            }
            await counts.ended.wait()
        }
    }

    @Test func aServerThatStopsSaysSoAndEndsItsConnections() async throws {
        let fixture = try await StepFixture()
        let authorization = "Authorization: Bearer \(fixture.secret.text)"
        try await fixture.withServer(
            [dialect(fixture)],
            stopping: { port, stop in
                try await TestConnection.with(port: port) { client in
                    #expect(try await client.handshake("/echo", authorization).hasPrefix("HTTP/1.1 101 "))
                    await stop()
                    let frame = try await client.frame()
                    #expect(frame.first == 0x88)
                    #expect(Array(frame.payload.readableBytesView.prefix(2)) == [0x03, 0xE9])
                    #expect(try await client.next() == nil)
                }
            })
    }
}
