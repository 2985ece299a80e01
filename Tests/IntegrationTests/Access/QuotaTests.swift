// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct Quotas {
        /// A server where a namespace has little, and another one of its own.
        private static let settings = """
            max_concurrent_runs: 8
            pool: {ceiling: 0}
            quotas:
              default: {max_sandboxes: 2, cpu_weight: 50}
              namespaces:
                team-a: {max_sandboxes: 3, max_idempotency_records: 1, disk_mb: 24}
            """

        private func withServer(_ body: (APIClient) async throws -> Void) async throws {
            try await DataDirectory.withTemporary { directory in
                let file = directory.path + ".yaml"
                try Self.settings.write(toFile: file, atomically: true, encoding: .utf8)
                try await ServerFixture.withServer(on: directory, arguments: ["--config", file]) { server in
                    try await body(server.api)
                }
                try FileManager.default.removeItem(atPath: file)
            }
        }

        private func used(_ name: Quota, _ reply: QuotaReply) -> Int? {
            reply.quotas.first { $0.name == name.rawValue }?.used
        }

        @Test func refusalsNameTheQuotaAndItIsShownWithItsUse() async throws {
            try await withServer { api in
                for _ in 0..<2 { _ = try await api.createSandbox(["language": "bash"]) }
                let refused = try await api.send("POST", api.sandboxPath(), json: ["language": "bash"])
                #expect(refused.status == 429)
                #expect(refused.header("Retry-After") == "1")
                #expect(
                    try refused.error().message
                        == "the namespace default has reached its quota max_sandboxes, limit 2, in use 2")
                let own = try await api.send("GET", "/auth/v1/quotas").decoded(QuotaReply.self)
                #expect(own.namespace == .default)
                #expect(own.quotas.map(\.name).sorted() == Quota.allCases.map(\.rawValue).sorted())
                #expect(used(.sandboxes, own) == 2)
                #expect(own.share.cpuWeight == 50)
                #expect(own.quotas.first { $0.name == "max_concurrent_runs" }?.limit == 6)
            }
        }

        @Test func anotherNamespacesAreForItsTokensAndForAdministrators() async throws {
            try await withServer { api in
                let other = try await api.send("GET", "/auth/v1/quotas?namespace=team-a").decoded(QuotaReply.self)
                #expect(other.quotas.first { $0.name == "max_sandboxes" }?.limit == 3)
                let team = try await api.asNewToken(
                    TokenRequest(name: "team", namespace: NamespaceName("team-a"), scopes: [.sandboxRead]))
                #expect(
                    try await team.send("GET", "/auth/v1/quotas").decoded(QuotaReply.self).namespace.rawValue
                        == "team-a")
                #expect(try await team.send("GET", "/auth/v1/quotas?namespace=team-a").status == 200)
                #expect(try await team.send("GET", "/auth/v1/quotas?namespace=default").status == 403)
                let blind = try await api.asNewToken(TokenRequest(name: "blind", scopes: [.jobRead]))
                #expect(try await blind.send("GET", "/auth/v1/quotas").status == 403)
            }
        }

        @Test func whatIsOnTheDiskAndWhatIsRememberedHaveTheirs() async throws {
            try await withServer { api in
                let path = "/auth/v1/seed/team-a/sandbox"
                let create: JSONValue = [
                    "language": "bash", "mode": "stateful", "resource_limits": ["disk_mb": 16],
                ]
                var ids: [String] = []
                for _ in 0..<2 {
                    let made = try await api.send("POST", path, json: create)
                    ids.append(try made.decoded(Sandbox.self, status: 201).id.rawValue)
                }
                #expect(try await api.send("POST", "\(path)/\(ids[0])/exec", json: ["code": "echo 1"]).status == 200)
                // The first one's disk is idle, so it makes room for the second, and only its content counts then.
                #expect(try await api.send("POST", "\(path)/\(ids[1])/exec", json: ["code": "echo 1"]).status == 200)
                let quotas = try await api.send("GET", "/auth/v1/quotas?namespace=team-a").decoded(QuotaReply.self)
                #expect((17...20).contains(used(.disk, quotas) ?? 0), "\(quotas)")
                let large: JSONValue = ["language": "bash", "mode": "stateful", "resource_limits": ["disk_mb": 32]]
                let made = try await api.send("POST", path, json: large)
                let id = try made.decoded(Sandbox.self, status: 201).id
                let refused = try await api.send("POST", "\(path)/\(id)/exec", json: ["code": "echo 1"])
                #expect(refused.status == 507)
                #expect(try refused.error().message.contains("disk_mb, limit 24"))
            }
        }
    }
}
