// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct MalformedBodies {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let texts: [(String, [UInt8])] = [
            ("nothing", []), ("white space", Array(" \n".utf8)), ("null", Array("null".utf8)),
            ("an array", Array("[]".utf8)), ("a string", Array("\"x\"".utf8)),
            ("not JSON", Array("language=bash".utf8)),
            ("an open end", Array("{\"language\":\"bash\"".utf8)), ("two values", Array("{}{}".utf8)),
            ("a comma too many", Array("{\"language\":\"bash\",}".utf8)),
            ("a name twice", Array("{\"language\":\"bash\",\"language\":\"python\"}".utf8)),
            ("a comment", Array("{\"language\":\"bash\"/*x*/}".utf8)),
            ("a NUL", Array("{\"language\":\"ba\0sh\"}".utf8)),
            ("bad UTF-8", Array("{\"language\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)),
            ("an overlong form", Array("{\"name\":\"".utf8) + [0xC0, 0xAF] + Array("\"}".utf8)),
            ("deep arrays", Array(repeating: UInt8(ascii: "["), count: 100_000)),
            (
                "deep objects",
                Array((String(repeating: "{\"a\":", count: 10_000) + "1" + String(repeating: "}", count: 10_000)).utf8)
            ),
            ("many members", Array("{\((0..<200_000).map { "\"\($0)\":0" }.joined(separator: ","))}".utf8)),
            ("a long number", Array("{\"ttl_secs\":\(String(repeating: "9", count: 100_000))}".utf8)),
        ]

        @Test(arguments: texts.map(\.0)) func aBodyThatIsNotWhatItShouldBeIsRefused(_ name: String) async throws {
            let body = try #require(Self.texts.first { $0.0 == name }).1
            for path in [api.sandboxPath(), api.sandboxPath("/execute"), "/auth/v1/pat"] {
                let answer = try await api.send("POST", path, body: body)
                #expect(answer.status == 400, "\(path): \(answer)")
                #expect(try answer.error().code == .invalidRequest)
            }
        }

        @Test(arguments: [
            "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data", "",
        ])
        func anotherMediaTypeIsRefused(_ type: String) async throws {
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: ["language": "bash", "code": ""],
                headers: ["Content-Type": type])
            #expect(answer.status == 415, "\(answer)")
            #expect(try answer.error().code == .unsupportedMediaType)
        }

        @Test(arguments: ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON;charset=UTF-8"])
        func aMediaTypeMayHaveParameters(_ type: String) async throws {
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: ["language": "bash", "code": "echo well"],
                headers: ["Content-Type": type])
            #expect(try answer.decoded(Execution.self).stdout.text == "well\n")
        }

        @Test func aBodyAboveTheLimitIsRefused() async throws {
            let code = String(repeating: "#", count: 11 << 20)
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: ["language": "bash", "code": .string(code)])
            #expect(answer.status == 413)
            #expect(try answer.error().code == .payloadTooLarge)
        }

        @Test func aBodyJustBelowTheLimitIsTaken() async throws {
            let code = "echo well\n" + String(repeating: "#", count: (10 << 20) - 200)
            #expect(try await api.execute("bash", code).stdout.text == "well\n")
        }
    }
}
