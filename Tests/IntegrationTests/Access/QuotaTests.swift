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
                team-b: {stored_results_mb: 1, compile_cache_mb: 3}
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

        @Test func whatJobsStoreHasItsOwnAndIsCountedAnew() async throws {
            try await DataDirectory.withTemporary { directory in
                let file = directory.path + ".yaml"
                try Self.settings.write(toFile: file, atomically: true, encoding: .utf8)
                defer { try? FileManager.default.removeItem(atPath: file) }
                let jobs = "/auth/v1/seed/team-b/sandbox/jobs"
                let noise: JSONValue = ["language": "bash", "code": "head -c 900000 /dev/urandom"]
                func standing(_ quota: Quota, _ api: APIClient) async throws -> QuotaReply.Item? {
                    try await api.send("GET", "/auth/v1/quotas?namespace=team-b").decoded(QuotaReply.self).quotas
                        .first { $0.name == quota.rawValue }
                }
                func result(of job: Job, _ api: APIClient) async throws -> Job {
                    try await api.send("GET", "\(jobs)/\(job.id)?wait_secs=300").decoded(Job.self)
                }
                var whole: Job?
                try await ServerFixture.withServer(on: directory, arguments: ["--config", file]) { server in
                    #expect(try await standing(.storedResults, server.api)?.used == 0)
                    #expect(try await standing(.compiledPrograms, server.api)?.limit == 3)
                    let job = try await server.api.send("POST", jobs, json: noise).decoded(Job.self, status: 201)
                    whole = try await result(of: job, server.api)
                    #expect(whole?.error == nil && whole?.result?.stdout.bytes.count == 900_000)
                }
                try await ServerFixture.withServer(on: directory, arguments: ["--config", file]) { server in
                    let item = try await standing(.storedResults, server.api)
                    #expect(item?.used == 1 && item?.limit == 1)
                    let cut = try await server.api.send("POST", jobs, json: noise).decoded(Job.self, status: 201)
                    #expect(try await result(of: cut, server.api).error?.code == .insufficientStorage)
                    let many: JSONValue = ["jobs": .array([JSONValue](repeating: noise, count: 40))]
                    let refused = try await server.api.send("POST", "\(jobs)/batch", json: many)
                    #expect(refused.status == 507 && refused.header("Retry-After") == "60")
                    #expect(try refused.error().message.contains("stored_results_mb, limit 1, in use 1"))
                    let id = try #require(whole?.id)
                    #expect(try await server.api.send("GET", "\(jobs)/\(id)").decoded(Job.self) == whole)
                    let other = "/auth/v1/seed/team-a/sandbox/jobs"
                    #expect(try await server.api.send("POST", other, json: noise).status == 201)
                }
            }
        }
    }
}
