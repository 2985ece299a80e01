// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostTesting
import Testing

@testable import OutpostCallbacks

/// The receiver's code in docs/callbacks.md, as it stands there.
struct ReceiverExampleTests {
    private static let secret = CallbackSignature.newSecret()
    private static let body = #"{"id":"job_1","output":"é"}"#

    private static func header(secondsAgo: Int64) -> String {
        let now = Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000))
        return CallbackSignature.header(
            body: Array(body.utf8), secret: secret, at: now.advanced(bySeconds: -secondsAgo))
    }

    @Test func theExampleTakesAFreshCallback() async throws {
        #expect(try await verdict(Self.header(secondsAgo: 0)))
        #expect(try await verdict(Self.header(secondsAgo: 60)))
    }

    @Test(arguments: [400, -4000]) func theExampleRefusesAnotherTime(secondsAgo: Int64) async throws {
        #expect(try await !verdict(Self.header(secondsAgo: secondsAgo)))
    }

    @Test func theExampleRefusesAnotherBodyOrSecret() async throws {
        #expect(try await !verdict(Self.header(secondsAgo: 0), body: "{}"))
        #expect(try await !verdict(Self.header(secondsAgo: 0), secret: CallbackSignature.newSecret()))
    }

    @Test(arguments: ["", "t=1", "v1=é,t=x", "t=²,v1=00", ",,=,"])
    func theExampleRefusesAMalformedHeader(header: String) async throws {
        #expect(try await !verdict(header))
    }

    private func verdict(
        _ header: String, body: String = Self.body, secret: String = Self.secret
    ) async throws -> Bool {
        let program =
            try Self.example() + "\nimport sys\nprint(is_genuine(sys.argv[1], sys.argv[2].encode(), sys.argv[3]))\n"
        let printed = try await HostCommand.run("python3", "-c", program, header, body, secret)
        #expect(["True\n", "False\n"].contains(printed))
        return printed == "True\n"
    }

    private static func example() throws -> String {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let document = try String(contentsOf: root.appendingPathComponent("docs/callbacks.md"), encoding: .utf8)
        let block = document.components(separatedBy: "```python\n").dropFirst().first
        return try #require(block?.components(separatedBy: "\n```").first)
    }
}
