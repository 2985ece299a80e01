// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What a crash leaves, and what the next server makes of it.
    @Suite(.serialized) struct Crash {
        @Test func aServerThatIsKilledLeavesItsSandboxesAndNothingThatRuns() async throws {
            try await DataDirectory.withTemporary { directory in
                let marker = "4\(UInt32.random(in: 100_000...999_999))"
                let (stateful, ephemeral) = try await ServerFixture.withServer(on: directory, ending: .killed) {
                    server in
                    try await crash(server, sleeping: marker)
                }
                try await ServerFixture.withServer(on: directory) { server in
                    let api = server.api
                    #expect(try await eventually { try HostProcesses.mentioning(marker).isEmpty })
                    #expect(try await Set(api.sandboxes().items.map(\.id)) == [stateful.id, ephemeral.id])
                    for sandbox in [stateful, ephemeral] {
                        let found = try await api.sandbox(sandbox.id)
                        #expect(found.status == .ready)
                        #expect(found.limits == sandbox.limits)
                        #expect(found.createdAt == sandbox.createdAt)
                    }
                    let read = try await api.exec(stateful, code: "cat file; cat folder/other")
                    #expect(read.stdout.text == "kept\nkept too\n", "\(read.stderr.text)")
                    #expect(try await api.exec(ephemeral, code: "echo well").stdout.text == "well\n")
                    try await api.deleteSandbox(stateful.id)
                    try await api.deleteSandbox(ephemeral.id)
                }
            }
        }

        @Test func aServerSurvivesManyCrashesInARow() async throws {
            try await DataDirectory.withTemporary { directory in
                for round in 0..<4 {
                    try await ServerFixture.withServer(on: directory, ending: .killed) { server in
                        let api = server.api
                        var known = try await api.sandboxes("order=asc").items.first
                        if known == nil {
                            known = try await api.createSandbox(["language": "bash", "mode": "stateful"])
                        }
                        let sandbox = try #require(known)
                        let seen = try await api.exec(sandbox, code: "echo \(round) >> log; cat log | tr -d '\\n'")
                        #expect(seen.stdout.text == (0...round).map(String.init).joined())
                        async let creating = api.send(
                            "POST", api.sandboxPath(), json: ["language": "bash", "mode": "stateful", "name": "half"])
                        try server.process.send(.kill)
                        _ = try? await creating
                    }
                }
                try await ServerFixture.withServer(on: directory) { server in
                    for sandbox in try await server.api.sandboxes().items {
                        #expect(try await server.api.exec(sandbox, code: "echo well").stdout.text == "well\n")
                        try await server.api.deleteSandbox(sandbox.id)
                    }
                }
                let sandboxes = directory.path + "/sandboxes"
                // No folder at all is fine too.
                let left = try? FileManager.default.contentsOfDirectory(atPath: sandboxes)
                #expect(left ?? [] == [])
            }
        }

        @Test func anAnswerToAnIdempotencyKeyOutlivesTheServer() async throws {
            try await DataDirectory.withTemporary { directory in
                let create: JSONValue = ["language": "bash", "mode": "stateful"]
                let send = { (server: ServerFixture) in
                    try await server.api.send(
                        "POST", server.api.sandboxPath(), json: create, headers: ["Idempotency-Key": "once"])
                }
                let first = try await ServerFixture.withServer(on: directory, ending: .killed, send)
                let second = try await ServerFixture.withServer(on: directory, send)
                #expect(first.status == 201)
                #expect(second.status == 201)
                #expect(first.body == second.body)
                let total = try await ServerFixture.withServer(on: directory) { try await $0.api.sandboxes().total }
                #expect(total == 1)
            }
        }

        /// Makes a sandbox of each mode, kills the server while a program sleeps in each, and returns them.
        ///
        /// - Parameter marker: seconds to sleep, a number that no other program of the host has among its arguments.
        private func crash(_ server: ServerFixture, sleeping marker: String) async throws -> (Sandbox, Sandbox) {
            let api = server.api
            let stateful = try await api.createSandbox(["language": "bash", "mode": "stateful", "name": "kept"])
            let ephemeral = try await api.createSandbox(["language": "bash", "resource_limits": ["memory_mb": 100]])
            let write = try await api.exec(
                stateful, code: "echo kept > file; mkdir folder; echo kept too > folder/other")
            #expect(write.status == .succeeded)
            await withTaskGroup(of: Bool.self) { group in
                for sandbox in [stateful, ephemeral] {
                    group.addTask {
                        // The connection ends with the server; an answer would be one too many.
                        (try? await api.exec(sandbox, code: "sleep \(marker)")) == nil
                    }
                }
                group.addTask {
                    let isRunning = try? await eventually { try HostProcesses.mentioning(marker).count == 2 }
                    try? server.process.send(.kill)
                    return isRunning ?? false
                }
                for await isAsExpected in group { #expect(isAsExpected) }
            }
            return (stateful, ephemeral)
        }
    }
}
