// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import Testing

@testable import OutpostServer

/// The credential of a browser's WebSocket, and the pages that may open one.
@Suite(.timeLimit(.minutes(10)))
struct WebSocketCredentialTests {
    private func withServer(_ body: @escaping @Sendable (Int, _ secret: String) async throws -> Void) async throws {
        let fixture = try await StepFixture()
        let native = Dialect.native(for: fixture)
        let dialect = Dialect(
            prefixes: [""], credential: native.credential, refusal: native.refusal, headers: native.headers,
            endpoints: [
                .webSocket("/socket", access: .authenticated, subprotocols: ["a"]) { call, socket, _ in
                    try await socket.send(call.principal?.name ?? "")
                },
                Endpoint(method: .get, path: PathTemplate("/plain"), access: .authenticated) { _ in .empty },
            ])
        try await fixture.withServer([dialect]) { try await body($0, fixture.secret.text) }
    }

    private func entry(_ authorization: String) -> String {
        let text = Base64.encode(Array(authorization.utf8)).filter { $0 != "=" }
        return "outpost.authorization."
            + String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }

    private func protocols(_ entries: String...) -> String {
        "Sec-WebSocket-Protocol: " + entries.joined(separator: ", ")
    }

    private func expect(_ answer: String, _ port: Int, _ path: String, _ headers: String...) async throws {
        let status = try await TestConnection.with(port: port) { client in
            try await client.handshake(path, headers.joined(separator: "\r\n")).split(separator: " ")[1]
        }
        #expect(status == answer, "\(headers)")
    }

    @Test func anEntryOfTheProtocolsIsACredentialAndIsNotRepeated() async throws {
        try await withServer { port, secret in
            try await TestConnection.with(port: port) { client in
                let head = try await client.handshake("/socket", protocols("a", entry("Bearer \(secret)")))
                #expect(head.hasPrefix("HTTP/1.1 101 "))
                #expect(head.contains("\r\nSec-WebSocket-Protocol: a\r\n"))
                #expect(!head.contains("outpost.authorization"))
                #expect(String(buffer: try await client.frame().payload) == "ci")
            }
        }
    }

    @Test func anythingElseInTheEntryIsNoCredential() async throws {
        try await withServer { port, secret in
            let good = entry("Bearer \(secret)")
            try await expect("401", port, "/socket", protocols("a"))
            try await expect("401", port, "/socket", protocols("a", good, good))
            try await expect("401", port, "/socket", protocols("a", good + "="))
            try await expect("401", port, "/socket", protocols("a", "outpost.authorization."))
            try await expect("401", port, "/socket", protocols("a", "outpost.authorization.\(secret)"))
            try await expect("401", port, "/socket", protocols("a", entry("Bearer op_pat_0")))
            try await expect("401", port, "/socket", protocols("a", entry("Basic \(secret)")))
        }
    }

    @Test func theHeaderAuthorizationWins() async throws {
        try await withServer { port, secret in
            let good = protocols("a", entry("Bearer \(secret)"))
            try await expect("401", port, "/socket", "Authorization: Bearer op_pat_0", good)
            try await expect("101", port, "/socket", "Authorization: Bearer \(secret)", protocols("a"))
        }
    }

    @Test func anOrdinaryRequestHasNoCredentialInItsProtocols() async throws {
        try await withServer { port, secret in
            try await TestConnection.with(port: port) { client in
                let lines = [
                    "GET /plain HTTP/1.1", "Host: h", "Connection: close", protocols("a", entry("Bearer \(secret)")),
                ]
                try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
                #expect(try await client.head().hasPrefix("HTTP/1.1 401 "))
            }
        }
    }

    @Test(
        arguments: [
            ("http://h", "101"), ("https://h", "101"), ("HTTPS://H", "101"), ("http://h:8080", "403"),
            ("http://h.example.org", "403"), ("https://evil.example/http://h", "403"), ("ftp://h", "403"),
            ("null", "403"), ("h", "403"), ("", "403"),
        ] as [(String, String)])
    func onlyAPageOfTheServerConnects(origin: String, answer: String) async throws {
        try await withServer { port, secret in
            let authorization = "Authorization: Bearer \(secret)"
            try await expect(answer, port, "/socket", authorization, "Origin: \(origin)")
        }
    }

    @Test func twoOriginsAreRefused() async throws {
        try await withServer { port, secret in
            let authorization = "Authorization: Bearer \(secret)"
            try await expect("403", port, "/socket", authorization, "Origin: http://h", "Origin: http://h")
        }
    }
}
