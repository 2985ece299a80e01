// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct Credentials {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test(arguments: [
            nil, "", "Bearer", "Bearer ", "Bearer op_pat_0000", "Bearer op_pat_é", "Basic YTpi", "API-Key", "API-Key x",
            "API-Key name$secret", "API-Key $", "op_pat_0000", "Bearer a b", "bearer",
        ]) func withoutAValidCredentialNobodyGetsIn(_ authorization: String?) async throws {
            let stranger = api.with(authorization: authorization)
            for (method, path) in [
                ("GET", api.sandboxPath()), ("POST", api.sandboxPath("/execute")), ("GET", "/auth/v1/pat"),
                ("GET", "/auth/v1/languages"), ("DELETE", api.sandboxPath("/sbx_000000000000")),
            ] {
                let answer = try await stranger.send(method, path, json: [:])
                #expect(answer.status == 401, "\(method) \(path): \(answer)")
                #expect(try answer.error().code == .unauthorized)
                #expect(answer.header("WWW-Authenticate")?.contains("Bearer") ?? false)
            }
        }

        @Test(arguments: ["/healthz", "/readyz", "/metrics", "/openapi.json"])
        func whatTellsOfTheServiceIsOpen(_ path: String) async throws {
            #expect(try await api.with(authorization: nil).send("GET", path).status == 200)
        }

        @Test func aTokenIsShownOnceAndEndsWithItsDeletion() async throws {
            let bearer = try await api.asNewToken(TokenRequest(name: "shown-once"))
            #expect(try await bearer.send("GET", api.sandboxPath()).status == 200)
            let shown = try await api.send("GET", "/auth/v1/pat/shown-once")
            #expect(try shown.decoded(TokenReply.self).token == nil)
            let listed = try await api.send("GET", "/auth/v1/pat?per_page=100").decoded(Page<TokenReply>.self)
            #expect(listed.items.filter { $0.name == "shown-once" }.map(\.token) == [nil])
            let again = try await api.send("POST", "/auth/v1/pat", json: ["name": "shown-once"])
            #expect(try again.error().code == .conflict)
            #expect(try await api.send("DELETE", "/auth/v1/pat/shown-once").status == 204)
            #expect(try await bearer.send("GET", api.sandboxPath()).status == 401)
            #expect(try await api.send("GET", "/auth/v1/pat/shown-once").status == 404)
            #expect(try await api.send("DELETE", "/auth/v1/pat/shown-once").status == 404)
        }

        @Test func anAPIKeyGoesByItsNameAndItsSecret() async throws {
            let created = try await api.send("POST", "/auth/v1/api_keys", json: ["name": "ci", "expires_in_days": 30])
            let reply = try created.decoded(TokenReply.self, status: 201)
            #expect(reply.expiresAt == reply.createdAt.advanced(bySeconds: 30 * 86_400))
            let key = try #require(reply.token)
            #expect(key.hasPrefix("ci$"))
            #expect(try await status("API-Key \(key)") == 200)
            #expect(try await status("API-Key other$\(key.dropFirst(3))") == 401)
            #expect(try await status("API-Key \(key.dropLast())") == 401)
            #expect(try await status("Bearer \(key)") == 401)
            #expect(try await api.send("DELETE", "/auth/v1/api_keys/ci").status == 204)
            #expect(try await status("API-Key \(key)") == 401)
        }

        @Test func everyAnswerNamesItsRequestAndTheRate() async throws {
            let answers = [
                try await api.send("GET", "/healthz"), try await api.send("GET", api.sandboxPath()),
                try await api.send("GET", "/nowhere"), try await api.send("PUT", api.sandboxPath()),
                try await api.with(authorization: nil).send("GET", api.sandboxPath()),
                try await api.send("POST", api.sandboxPath(), json: [:]),
            ]
            for answer in answers {
                #expect(answer.header("X-Request-Id").flatMap { RequestID($0) } != nil)
                for name in ["Limit", "Remaining", "Reset"] {
                    #expect(answer.header("X-RateLimit-\(name)").flatMap { Int($0) } != nil, "\(name) of \(answer)")
                }
                if answer.status >= 400 {
                    #expect(try answer.error().requestID == answer.header("X-Request-Id"))
                }
            }
            #expect(Set(answers.map { $0.header("X-Request-Id") }).count == answers.count)
        }

        private func status(_ authorization: String) async throws -> Int {
            try await api.with(authorization: authorization).send("GET", api.sandboxPath()).status
        }
    }
}
