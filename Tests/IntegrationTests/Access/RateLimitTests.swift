// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized, .timeLimit(.minutes(5))) struct RateLimit {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test func theFreePlanEndsAndSaysWhenItGoesOn() async throws {
            let bearer = try await api.asNewToken(TokenRequest(name: "free-plan", plan: .free))
            var answers: [Answer] = []
            // The burst of ten in a second ends it, or else the sixty in a minute, whatever the machine's speed: how many
            // calls that takes depends on where in a minute the first one falls.
            while answers.last?.status != 429 { answers.append(try await bearer.send("GET", api.sandboxPath())) }
            let refused = try #require(answers.last)
            answers.removeLast()
            #expect(answers.count >= 10)
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(refused.status == 429)
            #expect(try refused.error().code == .rateLimited)
            #expect((1...60).contains(refused.header("Retry-After").flatMap { Int($0) } ?? 0))
            let remaining = answers.compactMap { $0.header("X-RateLimit-Remaining").flatMap { Int($0) } }
            #expect(answers.allSatisfy { $0.header("X-RateLimit-Limit") == "60" })
            #expect(remaining.first == 59)
            // A minute that begins meanwhile gives all back.
            #expect(zip(remaining, remaining.dropFirst()).allSatisfy { $1 == $0 - 1 || $1 == 59 })
            #expect(try await api.send("GET", api.sandboxPath()).status == 200)
            #expect(try await api.send("DELETE", "/auth/v1/pat/free-plan").status == 204)
        }
    }
}
