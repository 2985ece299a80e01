// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Many calls at once.
    @Suite(.serialized) struct Races {
        let api: APIClient

        init() throws { api = try SharedServer.server.api.with(namespace: "races") }

        @Test func manyRunsAtOnceGetEachItsOwnAnswer() async throws {
            try await withThrowingTaskGroup(of: Execution.self) { group in
                for number in 0..<24 {
                    group.addTask {
                        let execution = try await api.execute("bash", "echo \(number); echo error \(number) >&2")
                        #expect(execution.stdout.text == "\(number)\n")
                        #expect(execution.stderr.text == "error \(number)\n")
                        return execution
                    }
                }
                let ids = try await group.reduce(into: Set<ExecutionID>()) { $0.insert($1.id) }
                #expect(ids.count == 24)
            }
        }

        @Test func oneOfManyDeletionsDeletes() async throws {
            let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
            let statuses = try await all(16) { _ in
                try await api.send("DELETE", api.sandboxPath("/\(sandbox.id)")).status
            }
            #expect(statuses.filter { $0 == 204 }.count == 1)
            #expect(statuses.filter { $0 == 404 || $0 == 409 }.count == 15, "\(statuses)")
            #expect(try await api.sandboxes().total == 0)
        }

        @Test func deletingWhileRunningLeavesNothingHalfDone() async throws {
            for _ in 0..<5 {
                let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
                let statuses = try await all(6) { number in
                    if number == 3 { return try await api.send("DELETE", api.sandboxPath("/\(sandbox.id)")).status }
                    let answer = try await api.send(
                        "POST", api.sandboxPath("/\(sandbox.id)/exec"), json: ["code": "echo well"])
                    guard answer.status == 200 else { return answer.status }
                    // It ran to its end, or the deletion ended it.
                    let execution = try answer.decoded(Execution.self)
                    let isWhole = execution.status == .succeeded && execution.stdout.text == "well\n"
                    #expect(isWhole || execution.status == .cancelled, "\(execution)")
                    return answer.status
                }
                #expect(statuses.filter { $0 == 204 }.count == 1, "\(statuses)")
                #expect(statuses.allSatisfy { [200, 204, 404].contains($0) }, "\(statuses)")
                #expect(try await api.send("GET", api.sandboxPath("/\(sandbox.id)")).status == 404)
            }
        }

        @Test func aClientThatGoesAwayHoldsNothingUp() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let abandoned = Task {
                    try await api.exec(sandbox, code: "while [ ! -e go ]; do sleep 0.05; done; echo went >> go")
                }
                #expect(try await eventually { try await api.sandbox(sandbox.id).status == .running })
                abandoned.cancel()
                _ = await abandoned.result
                let other = try await api.exec(sandbox, ["code": "touch go", "concurrent": true])
                #expect(other.status == .succeeded)
                // It has gone on to its end, and the next run has waited for it.
                #expect(try await api.exec(sandbox, code: "cat go").stdout.text == "went\n")
                let next = try await api.exec(sandbox, code: "echo next")
                #expect(next.stdout.text == "next\n")
            }
        }

        private func all(_ count: Int, _ call: @escaping @Sendable (Int) async throws -> Int) async throws -> [Int] {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<count { group.addTask { try await call(number) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
    }
}
