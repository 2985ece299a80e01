// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import Testing

@testable import OutpostServer

/// A body is read whole when there is room for it, and counts until the call is answered.
struct WholeBodyTests {
    private let json: HTTPFields = [.contentType: "application/json"]

    private func counting(_ fixture: StepFixture, _ body: BodyRule = .json(orForm: false)) -> Endpoint {
        endpoint(.post, body: body) { [engine = fixture.engine] call in
            .json(["bytes": .integer(Int64(call.body.count)), "held": .integer(Int64(engine.quotas.used(.bodies)))])
        }
    }

    private func step(_ fixture: StepFixture) -> WholeBody { WholeBody(engine: fixture.engine, limit: 16) }

    @Test func aBodyIsCountedUntilTheAnswer() async throws {
        let fixture = try await StepFixture()
        let answer = try await step(fixture).answer(StepFixture.call(counting(fixture), json, body: [1, 2, 3]))
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"bytes":3,"held":3}"#)
        #expect(fixture.engine.quotas.used(.bodies) == 0)
    }

    @Test func aBodyAboveTheLimitIsRefusedAndCountsNoMore() async throws {
        let fixture = try await StepFixture()
        let long = [UInt8](repeating: 1, count: 17)
        for headers in [json, [.contentType: "application/json", .contentLength: "17"]] {
            let refusal = try await step(fixture).refusal(StepFixture.call(counting(fixture), headers, body: long))
            #expect(refusal.error.code == .payloadTooLarge)
            #expect(fixture.engine.quotas.used(.bodies) == 0)
        }
    }

    @Test(arguments: [nil, "text/plain", "multipart/form-data; boundary=b"])
    func anotherTypeIsRefusedBeforeTheBodyIsRead(type: String?) async throws {
        let fixture = try await StepFixture()
        let headers: HTTPFields = type.map { [.contentType: $0] } ?? [:]
        let sent = StepFixture.call(counting(fixture), headers, body: [1])
        #expect(try await step(fixture).refusal(sent).error.code == .unsupportedMediaType)
    }

    @Test func aDialectMayTakeAnyType() async throws {
        let fixture = try await StepFixture()
        let sent = StepFixture.call(counting(fixture, .bytes), [.contentType: "text/plain"], body: [1])
        #expect(try await step(fixture).answer(sent).status == 200)
    }

    @Test func anEncodedBodyIsRefused() async throws {
        let fixture = try await StepFixture()
        let headers: HTTPFields = [.contentType: "application/json", .contentEncoding: "gzip"]
        let sent = StepFixture.call(counting(fixture), headers, body: [1])
        #expect(try await step(fixture).refusal(sent).error.code == .unsupportedMediaType)
        #expect(fixture.engine.quotas.used(.bodies) == 0)
    }

    @Test func aFormIsCountedAsTheJSONThatItBecomes() async throws {
        let fixture = try await StepFixture()
        let form = "--b\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nx\r\n--b--\r\n"
        let step = WholeBody(engine: fixture.engine, limit: 1024)
        let sent = StepFixture.call(
            counting(fixture, .json(orForm: true)), [.contentType: "multipart/form-data; boundary=b"],
            body: Array(form.utf8))
        #expect(String(decoding: try await step.answer(sent).body, as: UTF8.self).hasPrefix(#"{"bytes":12,"#))
        #expect(fixture.engine.quotas.used(.bodies) == 0)
    }
}
