// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Bodies whose large parts come as they are.
    @Suite(.serialized) struct Forms {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let digest =
            "import hashlib, sys\nd = sys.stdin.buffer.read()\nprint(len(d), hashlib.md5(d).hexdigest())"

        private func post(
            _ path: String, _ parts: [(fields: String, content: [UInt8])], boundary: String = "b0undary",
            type: String? = nil, headers: [String: String] = [:]
        ) async throws -> Answer {
            var body: [UInt8] = []
            for part in parts {
                body += Array("--\(boundary)\r\nContent-Disposition: form-data; \(part.fields)\r\n\r\n".utf8)
                body += part.content + Array("\r\n".utf8)
            }
            body += Array("--\(boundary)--\r\n".utf8)
            let type = type ?? "multipart/form-data; boundary=\(boundary)"
            return try await api.send(
                "POST", api.sandboxPath(path), body: body, headers: headers.merging(["Content-Type": type]) { $1 })
        }

        private func request(_ json: JSONValue) -> (fields: String, content: [UInt8]) {
            ("name=\"request\"", json.bytes)
        }

        /// In base64 it would be more than a body may be.
        @Test func largeInputThatIsNoTextGoesAsItIs() async throws {
            let bytes = (0..<9_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let answer = try await post(
                "/execute",
                [
                    request(["language": "python", "resource_limits": ["memory_mb": 256]]),
                    ("name=\"code\"", Array(Self.digest.utf8)), ("name=\"stdin\"; filename=\"in\"", bytes),
                ])
            let execution = try answer.decoded(Execution.self)
            #expect(execution.stdout.text.hasPrefix("9000000 "), "\(execution.stderr.text)")
        }

        @Test func filesGoAsTheyAre() async throws {
            let answer = try await post(
                "/execute",
                [
                    request(["language": "bash", "code": "./run.sh < data/in.bin | od -An -tx1"]),
                    ("name=\"files\"; filename=\"run.sh\"", Array("#!/bin/sh\ncat\n".utf8)),
                    ("name=\"files\"; filename=\"data/in.bin\"", [0xff, 0x00, 0x0d, 0x0a, 0x2d, 0x2d]),
                ])
            #expect(try answer.decoded(Execution.self).stdout.text == " ff 00 0d 0a 2d 2d\n")
        }

        /// Each try of a client has a boundary of its own.
        @Test func theSameFormWithAnotherBoundaryIsTheSameCall() async throws {
            let parts = [
                request(["language": "bash", "code": "echo $RANDOM$RANDOM"]), ("name=\"stdin\"", [UInt8(0xff)]),
            ]
            let key = ["Idempotency-Key": "form-\(UInt64.random(in: 0...UInt64.max))"]
            let first = try await post("/execute", parts, boundary: "one", headers: key)
            let second = try await post("/execute", parts, boundary: "other", headers: key)
            #expect(first.status == 200)
            #expect(first.body == second.body)
        }

        @Test(arguments: [
            ("multipart/form-data", 415, "boundary"), ("multipart/form-data; boundary=", 415, "boundary"),
            ("multipart/mixed; boundary=b0undary", 415, "multipart/form-data"), ("text/plain", 415, "application/json"),
            ("multipart/form-data; boundary=another", 400, "has no part"),
            ("multipart/form-data; boundary=\"b0undary", 400, "header"),
        ]) func aTypeThatCannotBeReadIsNamed(_ type: String, _ status: Int, _ words: String) async throws {
            let answer = try await post("/execute", [request(["language": "bash", "code": ""])], type: type)
            #expect(answer.status == status)
            #expect(try answer.error().message.contains(words))
        }

        @Test func aFieldThatIsWrongIsNamedAsInJSON() async throws {
            let answer = try await post("/execute", [request(["language": "bash", "cod": ""])])
            #expect(answer.status == 400)
            #expect(try answer.error().details.contains { $0.field == "cod" })
        }

        /// Calls that hand no program in take JSON only.
        @Test func otherCallsTakeNoForm() async throws {
            #expect(try await post("", [request(["language": "bash"])]).status == 415)
        }
    }
}
