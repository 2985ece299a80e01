// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import Testing

@testable import OutpostServer

/// A request that could be understood in two ways is refused, and so is what may follow it.
struct FramingTests {
    private let step = Framing()

    @Test func aClearRequestGoesOnAndKeepsItsConnection() async throws {
        let answer = try await step.answer(StepFixture.call(endpoint()))
        #expect(answer.status == 200)
        #expect(answer.header(.connection) == nil)
    }

    @Test(arguments: [nil, "a b", "a/b", "a\"b"])
    func aHostThatIsNoneIsRefusedAndTheConnectionEnds(host: String?) async throws {
        let refusal = try await step.refusal(StepFixture.call(endpoint(), host: host))
        #expect(refusal.error.code == .invalidRequest)
        #expect(refusal.header(.connection) == "close")
    }

    @Test func aHealthCheckNeedsNoHost() async throws {
        #expect(try await step.answer(StepFixture.call(endpoint(access: .open), host: nil)).status == 200)
    }

    @Test func aSecondHostIsRefused() async throws {
        let name = try #require(HTTPField.Name("Host"))
        #expect(try await step.refusal(StepFixture.call(endpoint(), [name: "b"])).error.code == .invalidRequest)
    }

    @Test(arguments: ["gzip", "gzip, chunked", "identity"])
    func anotherTransferEncodingIsRefused(coding: String) async throws {
        let refusal = try await step.refusal(StepFixture.call(endpoint(), [.transferEncoding: coding]))
        #expect(refusal.error.code == .invalidRequest)
    }

    @Test(arguments: [([HTTPField.Name.transferEncoding: "chunked"] as HTTPFields), [.contentLength: "70000000"]])
    func aBodyThatNobodyTookAndMayNotBeDroppedEndsTheConnection(headers: HTTPFields) async throws {
        #expect(try await step.answer(StepFixture.call(endpoint(.post), headers)).header(.connection) == "close")
        let failing = endpoint(.post) { _ in throw OutpostError(.conflict, "no") }
        #expect(try await step.refusal(StepFixture.call(failing, headers)).header(.connection) == "close")
    }

    @Test func aSmallBodyThatNobodyTookIsDropped() async throws {
        let answer = try await step.answer(StepFixture.call(endpoint(.post), [.contentLength: "3"], body: [1, 2, 3]))
        #expect(answer.header(.connection) == nil)
    }
}
