// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostTesting
import Testing

@testable import OutpostServer

/// A large answer counts in the namespace's quota until its client has taken it.
struct AnswerMemoryTests {
    private func large(_ method: RequestMethod = .get, bytes: Int = 3 << 20) -> Endpoint {
        endpoint(method) { _ in Answer(status: 200, contentType: nil, body: [UInt8](repeating: 1, count: bytes)) }
    }

    private func used(_ fixture: StepFixture) -> Int { fixture.engine.quotas.used(.output) }

    @Test func aLargeAnswerCountsUntilItIsGoneAndASmallOneDoesNot() async throws {
        let fixture = try await StepFixture()
        let step = AnswerMemory(engine: fixture.engine)
        let principal = try await fixture.principal
        var answer: Answer? = try await step.answer(StepFixture.call(large(), principal: principal))
        #expect(answer?.body.count == 3 << 20 && used(fixture) == 3 << 20)
        answer = nil
        #expect(used(fixture) == 0)
        let small = try await step.answer(StepFixture.call(endpoint(), principal: principal))
        #expect(small.memory == nil && used(fixture) == 0)
    }

    @Test func anAnswerToReadIsRefusedAndAnotherOneIsNot() async throws {
        let fixture = try await StepFixture { $0.quotas.standard.values[.output] = 5 }
        let step = AnswerMemory(engine: fixture.engine)
        let principal = try await fixture.principal
        let first = try await step.answer(StepFixture.call(large(), principal: principal))
        let refusal = try await step.refusal(StepFixture.call(large(), principal: principal))
        #expect(refusal.error.message == "the namespace default has reached its quota output_mb, limit 5, in use 3")
        let second = try await step.answer(StepFixture.call(large(.post), principal: principal))
        #expect(first.memory != nil && second.body.count == 3 << 20 && used(fixture) == 6 << 20)
    }

    @Test func whatARunReservedIsGivenBackExceptForTheAnswer() async throws {
        let fixture = try await StepFixture()
        let run = endpoint(.post) { call in
            try call.memory?.reserve(8 << 20)
            return Answer(status: 200, contentType: nil, body: [UInt8](repeating: 1, count: 1 << 20))
        }
        let answer = try await AnswerMemory(engine: fixture.engine).answer(
            StepFixture.call(run, principal: try await fixture.principal))
        #expect(answer.memory?.bytes == 1 << 20 && used(fixture) == 1 << 20)
    }

    @Test(.timeLimit(.minutes(10))) func anAnswerThatIsNotReadCountsUntilItsConnectionCloses() async throws {
        let fixture = try await StepFixture()
        // More than what the kernel holds for one connection, on a host that allows much (tcp(7)).
        let size = 64 << 20
        let native = Dialect.native(for: fixture)
        let dialect = Dialect(
            prefixes: [""], credential: native.credential, refusal: native.refusal, headers: native.headers,
            endpoints: [large(bytes: size)])
        let head = "GET /p HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(fixture.secret.text)\r\n\r\n"
        try await fixture.withServer([dialect]) { port in
            try await TestConnection.with(port: port) { client in
                try await client.send(head)
                let answer = try await client.head()
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.lowercased().contains("content-length: \(size)"))
                #expect(fixture.engine.quotas.used(.output) == size)
            }
            #expect(try await eventually { fixture.engine.quotas.used(.output) == 0 })
            try await TestConnection.with(port: port) { client in
                try await client.send(head)
                _ = try await client.head()
                var received = 0
                while received < size { received += try await client.next()?.readableBytes ?? size }
                #expect(try await eventually { fixture.engine.quotas.used(.output) == 0 })
                #expect(received == size)
            }
        }
    }
}
