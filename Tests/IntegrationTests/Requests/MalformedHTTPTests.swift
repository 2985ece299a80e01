// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

/// Bytes that are no proper HTTP request.
struct MalformedRequest: Sendable, CustomStringConvertible {
    let description: String
    let bytes: [UInt8]

    /// - Parameter lines: of the head; an empty line and `body` follow.
    init(_ name: String, _ lines: [String], body: String = "") {
        description = name
        bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    private static let post = "POST /auth/v1/seed/default/sandbox/execute HTTP/1.1"

    static let all: [MalformedRequest] = [
        .init("no HTTP", ["hello", "world"]), .init("binary", ["\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}"]),
        .init("HTTP/0.9", ["GET /healthz"]), .init("an unknown method", ["BREW /healthz HTTP/1.1", "Host: x"]),
        .init("a version of the future", ["GET /healthz HTTP/9.9", "Host: x"]),
        .init("a space in the path", ["GET /health z HTTP/1.1", "Host: x"]),
        .init("a NUL in a header", ["GET /healthz HTTP/1.1", "Host: x", "X: a\0b"]),
        .init("a space before the colon", [post, "Host: x", "Transfer-Encoding : chunked"], body: "0\r\n\r\n"),
        .init("a folded header", ["GET /healthz HTTP/1.1", "Host: x", "X: a", "  folded: b"]),
        .init("two lengths", [post, "Host: x", "Content-Length: 2", "Content-Length: 3"], body: "{}"),
        .init(
            "a length and chunks", [post, "Host: x", "Content-Length: 2", "Transfer-Encoding: chunked"],
            body: "0\r\n\r\n"),
        .init("two hosts", ["GET /healthz HTTP/1.1", "Host: x", "Host: y"]),
        .init("a host with a path", ["GET /healthz HTTP/1.1", "Host: x/y"]),
        .init("no host", ["GET /auth/v1/languages HTTP/1.1"]),
        .init("an unknown coding", [post, "Host: x", "Transfer-Encoding: x, chunked"], body: "0\r\n\r\n"),
        .init("chunks for nobody", [post, "Host: x", "Transfer-Encoding: chunked"], body: "2\r\n{}\r\n"),
        .init("a negative length", [post, "Host: x", "Content-Length: -1"]),
        .init("a huge length", [post, "Host: x", "Content-Length: 99999999999999999999"]),
        .init("a chunk of nonsense", [post, "Host: x", "Transfer-Encoding: chunked"], body: "zz\r\n{}\r\n"),
        .init("a huge chunk", [post, "Host: x", "Transfer-Encoding: chunked"], body: "ffffffffffffffffff\r\n"),
        .init("a long header", ["GET /healthz HTTP/1.1", "Host: x", "X: \(String(repeating: "a", count: 1 << 20))"]),
        .init("a long path", ["GET /\(String(repeating: "a", count: 1 << 20)) HTTP/1.1", "Host: x"]),
        .init("many headers", ["GET /healthz HTTP/1.1", "Host: x"] + (0..<20_000).map { "X-\($0): y" }),
    ]
}

extension IntegrationTests {
    @Suite(.serialized) struct MalformedHTTP {
        let server: ServerFixture
        var api: APIClient { server.api }

        init() throws { server = try SharedServer.server }

        @Test(arguments: MalformedRequest.all)
        func aMalformedRequestIsRefusedAndTheConnectionEnds(_ request: MalformedRequest) async throws {
            let answer = String(
                decoding: try await RawConnection.exchange(port: server.port, request.bytes), as: UTF8.self)
            let statusLines = answer.matches(of: /HTTP\/1\.[01] (\d{3})/).map(\.1)
            #expect(statusLines.count <= 1, "\(answer)")
            #expect(statusLines.allSatisfy { $0.hasPrefix("4") || $0 == "505" || $0 == "501" }, "\(answer)")
            #expect(try await api.send("GET", "/healthz").status == 200)
        }

        @Test func aBodyThatWouldBeTooLargeIsRefusedBeforeItComes() async throws {
            let head = head("Content-Length: 1073741824")
            let answer = try await RawConnection.exchange(port: server.port, Array(head.utf8))
            #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 413"))
        }

        @Test func chunksThatNeverEndAreRefusedAtTheLimit() async throws {
            let chunk = "100000\r\n" + String(repeating: " ", count: 1 << 20) + "\r\n"
            let request = head("Transfer-Encoding: chunked") + String(repeating: chunk, count: 12)
            let answer = try await RawConnection.exchange(port: server.port, Array(request.utf8))
            #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 413"))
        }

        @Test func manyIdleConnectionsStopNobody() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group async throws in
                for _ in 0..<200 {
                    group.addTask { [port = server.port] in
                        try await RawConnection.whileOpen(port: port, Array("GET /hea".utf8)) {
                            try await Task.sleep(for: .seconds(60))
                        }
                    }
                }
                #expect(try await api.execute("bash", "echo well").stdout.text == "well\n")
                group.cancelAll()
                // Every one of them ends by its cancellation.
                while let result = await group.nextResult() {
                    if case .failure(let error) = result, !(error is CancellationError) { throw error }
                }
            }
        }

        private func head(_ framing: String) -> String {
            """
            POST /auth/v1/seed/default/sandbox/execute HTTP/1.1\r
            Host: localhost\r
            Authorization: \(api.authorization ?? "")\r
            Content-Type: application/json\r
            Connection: close\r
            \(framing)\r
            \r

            """
        }
    }
}
