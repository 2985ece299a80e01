// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostTesting
import Testing

@testable import OutpostServer

/// Another dialect stands beside the first, with paths, credentials and errors of its own.
@Suite(.timeLimit(.minutes(10)))
struct DialectTests {
    /// Tokens in `X-Auth-Token`, errors as plain text.
    private func foreign() throws -> Dialect {
        let header = try #require(HTTPField.Name("X-Auth-Token"))
        return Dialect(
            prefixes: ["/foreign"], credential: { $0.headers[header].flatMap { Credential(token: $0) } },
            refusal: { error, _ in
                Answer(
                    status: error.code == .unauthorized ? 401 : 422, contentType: "text/plain",
                    body: Array("refused: \(error.text.spelled { "<\($0)>" })".utf8))
            },
            endpoints: [
                Endpoint(method: .get, path: PathTemplate("/foreign/who"), access: .authenticated) { call in
                    Answer(
                        status: 200, contentType: "text/plain",
                        body: Array("you are \(call.principal?.name ?? "")".utf8))
                },
                Endpoint(method: .post, path: PathTemplate("/foreign/{word}"), access: .authenticated, body: .bytes) {
                    call in
                    throw OutpostError.parameter(
                        .unprocessable, .workingDirectory, "is not \(call.parameters["word"] ?? ""), \(call.body.count)"
                    )
                },
            ])
    }

    private func native(_ fixture: StepFixture) -> Dialect {
        var native = Dialect.native(for: fixture)
        native = Dialect(
            prefixes: [""], credential: native.credential, refusal: native.refusal, headers: native.headers,
            endpoints: [
                Endpoint(method: .get, path: PathTemplate("/own"), access: .authenticated) { _ in
                    throw OutpostError.parameter(.invalidRequest, .workingDirectory, "is wrong")
                }
            ])
        return native
    }

    private func ask(_ port: Int, _ head: String, body: String = "") async throws -> String {
        let text = "\(head)\r\nHost: h\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let bytes = try await RawConnection.exchange(port: port, Array(text.utf8), limit: .seconds(30))
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func eachSpeaksInItsOwnWay() async throws {
        let fixture = try await StepFixture()
        let secret = fixture.secret.text
        try await fixture.withServer([native(fixture), foreign()]) { port in
            let known = try await ask(port, "GET /foreign/who HTTP/1.1\r\nX-Auth-Token: \(secret)")
            #expect(known.hasPrefix("HTTP/1.1 200 "))
            #expect(known.hasSuffix("\r\n\r\nyou are ci"))
            #expect(!known.contains("X-RateLimit-Limit"), "a header of the other dialect")
            let unknown = try await ask(port, "GET /foreign/who HTTP/1.1\r\nAuthorization: Bearer \(secret)")
            #expect(unknown.hasPrefix("HTTP/1.1 401 "))
            #expect(unknown.hasSuffix("refused: a valid token is required"))
            let wrong = try await ask(port, "POST /foreign/x HTTP/1.1\r\nX-Auth-Token: \(secret)", body: "abc")
            #expect(wrong.hasPrefix("HTTP/1.1 422 "))
            #expect(wrong.hasSuffix("refused: <workingDirectory> is not x, 3"))
            let nothing = try await ask(port, "GET /foreign/who/else HTTP/1.1")
            #expect(nothing.hasSuffix("refused: this path does not exist"))
            let slash = try await ask(port, "GET /foreign/who/ HTTP/1.1")
            #expect(slash.hasSuffix("refused: this path does not exist; remove the slash at the end"))
            #expect(try await ask(port, "GET /foreign/who// HTTP/1.1").hasSuffix("refused: this path does not exist"))
            let own = try await ask(port, "GET /own HTTP/1.1\r\nAuthorization: Bearer \(secret)")
            #expect(own.hasPrefix("HTTP/1.1 400 "))
            #expect(own.contains(#""details":[{"field":"working_dir","problem":"is wrong"}]"#))
            #expect(own.contains("X-RateLimit-Limit: 2147483647"))
            let similar = try await ask(port, "GET /foreigner HTTP/1.1")
            #expect(similar.contains(#""code":"not_found""#), "a prefix ends where a segment does")
        }
    }

    @Test(
        arguments: [
            ("/a", "/a", 2), ("/a", "/a/b", 2), ("/a", "/ab", nil), ("", "/x", 0), ("/a/b", "/a", nil),
        ] as [(String, String, Int?)])
    func aPrefixIsOfWholeSegments(prefix: String, path: String, claim: Int?) {
        let dialect = Dialect(prefixes: [prefix], credential: { _ in nil }, refusal: Answer.error, endpoints: [])
        #expect(dialect.claim(on: path) == claim)
    }
}
