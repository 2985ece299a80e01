// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct MalformedBodyTests {
    @Test(arguments: [
        ("", "is not valid JSON: unexpected end at byte 0"),
        ("{", "is not valid JSON: unexpected end at byte 1"),
        ("[]", "must be an object, not an array"),
        ("null", "must not be null"),
        ("\"x\"", "must be an object, not a string"),
        (#"{"language":"a","language":"b"}"#, "is not valid JSON: duplicate name in an object at byte 16"),
        (#"{"language":"a","x":1e400}"#, "is not valid JSON: number out of range at byte 20"),
        (#"{"language":"\ud800"}"#, "is not valid JSON: surrogate without its other half at byte 15"),
        (
            #"{"language":"# + String(repeating: "[", count: 70) + String(repeating: "]", count: 70) + "}",
            "is not valid JSON: nested more than 64 deep at byte 75"
        ),
    ])
    func aBodyThatIsNoObjectIsRefusedWhole(text: String, problem: String) {
        let expected = Refusal(code: .invalidRequest, field: "body", problem: problem)
        #expect(refusal(of: text, as: SandboxRequest.self) == expected)
        #expect(refusal(of: text, as: ExecutionRequest.self) == expected)
        #expect(refusal(of: text, as: ExecuteRequest.self) == expected)
        #expect(refusal(of: text, as: TokenRequest.self) == expected)
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        let error = #expect(throws: OutpostError.self) {
            try SandboxRequest(request: Array(#"{"language":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
        }
        #expect(error?.message == "body is not valid JSON: invalid UTF-8 at byte 13")
    }

    @Test func everyProblemIsReportedAndTheMessageNamesTheFirst() {
        let error = #expect(throws: OutpostError.self) {
            try SandboxRequest(request: Array(#"{"colour":1,"mode":"x","env":[["A"],[1,"b"]]}"#.utf8))
        }
        #expect(error?.message == "colour is not a known field (and 4 more)")
        #expect(error?.fields.map(\.field) == ["colour", "language", "mode", "env[0]", "env[1][0]"])
    }

    @Test func aHostileBodyGetsAShortAnswer() throws {
        let members =
            (0..<1000).map { "\"k\($0)\":0" } + ["\(String(repeating: "k", count: 100_000).debugDescription):0"]
        let many = #expect(throws: OutpostError.self) {
            try SandboxRequest(request: Array(("{" + members.joined(separator: ",") + "}").utf8))
        }
        #expect(many?.fields.count == 32)
        let long = #expect(throws: OutpostError.self) {
            try SandboxRequest(request: Array("{\"language\":\"a\",\(members[1000])}".utf8))
        }
        #expect(long?.fields.first?.field == String(repeating: "k", count: 64) + "…")
    }

    @Test func anEmptyNameIsShownAsOne() {
        let error = #expect(throws: OutpostError.self) {
            try SandboxRequest(request: Array(#"{"language":"a","":1,"metadata":{"":""}}"#.utf8))
        }
        #expect(error?.fields.map(\.field) == [#""""#, #"metadata."""#])
    }

    @Test func aReplyThatIsNotAsAgreedIsTheServersFault() {
        for text in ["<html>", "{}", #"{"name":1}"#] {
            let error = #expect(throws: OutpostError.self) { try LanguageReply(reply: Array(text.utf8)) }
            #expect(error?.code == .internal)
        }
    }

    @Test func aReplyMayHaveFieldsOfALaterVersion() throws {
        let reply = try HealthReply(reply: Array(#"{"status":"ok","uptime":3}"#.utf8))
        #expect(reply == HealthReply(status: "ok"))
    }
}
