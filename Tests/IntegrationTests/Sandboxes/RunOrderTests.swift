// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// When the runs of one stateful sandbox wait for each other.
    @Suite(.serialized) struct RunOrder {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test func runsGoOneAtATimeInOrderOfArrival() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let untilTold = "while [ ! -e go ]; do sleep 0.05; done"
                async let first = api.exec(sandbox, code: "echo start 1 >> log; \(untilTold); echo end 1 >> log")
                #expect(try await eventually { try await api.sandbox(sandbox.id).status == .running })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 2...4 {
                        group.addTask {
                            _ = try await api.exec(
                                sandbox, code: "echo start \(number) >> log; sleep 0.1; echo end \(number) >> log")
                        }
                    }
                    // Time for the others to come; their order holds if it is too short, too.
                    _ = try await api.exec(sandbox, ["code": "sleep 0.5; touch go", "concurrent": true])
                    try await group.waitForAll()
                }
                _ = try await first
                let log = try await api.exec(sandbox, code: "cat log").stdout.text.split(separator: "\n").map(
                    String.init)
                try #require(log.count == 8)
                #expect(log[0] == "start 1")
                for number in stride(from: 0, to: 8, by: 2) {
                    #expect(log[number + 1] == log[number].replacing("start", with: "end"))
                }
            }
        }

        @Test func aConcurrentRunDoesNotWait() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                async let waiting = api.exec(
                    sandbox, code: "touch waiting; while [ ! -e go ]; do sleep 0.05; done; echo met")
                #expect(try await eventually { try await api.sandbox(sandbox.id).status == .running })
                let other = try await api.exec(sandbox, ["code": "touch go", "concurrent": true])
                #expect(other.status == .succeeded)
                #expect(try await waiting.stdout.text == "met\n")
            }
        }

        @Test func concurrentRunsRunEachTheirOwnCode() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            let execution = try await api.exec(
                                sandbox, ["code": .string("sleep 0.05; echo \(number)"), "concurrent": true])
                            #expect(execution.stdout.text == "\(number)\n")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}
