// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What the server tells about where the time of a run went.
    @Suite(.serialized) struct Timing {
        let api: APIClient
        private let program: JSONValue = ["language": "bash", "command": ["true"]]
        private let wanted = ["Outpost-Timing": "true"]

        init() throws { api = try SharedServer.server.api }

        @Test func anAnswerTellsTheStepsOfItsRunWhenAsked() async throws {
            let answer = try await api.send("POST", api.sandboxPath("/execute"), json: program, headers: wanted)
            let steps = try steps(answer)
            #expect(steps.map(\.name) == ["queue", "spawn", "run", "finish", "total"])
            let total = try #require(steps.last).milliseconds
            #expect(steps.dropLast().reduce(0) { $0 + $1.milliseconds } <= total)
            #expect(try answer.decoded(Execution.self).durationMilliseconds <= total)
        }

        @Test func aRunInAStatefulSandboxTellsItsStepsToo() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let path = api.sandboxPath("/\(sandbox.id)/exec")
                let answer = try await api.send("POST", path, json: ["command": ["true"]], headers: wanted)
                #expect(try steps(answer).map(\.name) == ["queue", "spawn", "run", "finish", "total"])
            }
        }

        @Test func anAnswerTellsNoStepsUnasked() async throws {
            for headers in [[:], ["Outpost-Timing": "false"]] {
                let answer = try await api.send("POST", api.sandboxPath("/execute"), json: program, headers: headers)
                #expect(answer.status == 200)
                #expect(answer.header("Server-Timing") == nil)
            }
        }

        @Test func anotherValueOfTheHeaderIsRefused() async throws {
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: program, headers: ["Outpost-Timing": "yes"])
            #expect(answer.status == 400)
            #expect(answer.text.contains("Outpost-Timing"))
        }

        @Test func aRepeatedAnswerTellsNoStepsOfARunThatWasNot() async throws {
            let headers = wanted.merging(["Idempotency-Key": "timing"]) { $1 }
            let first = try await api.send("POST", api.sandboxPath("/execute"), json: program, headers: headers)
            let second = try await api.send("POST", api.sandboxPath("/execute"), json: program, headers: headers)
            #expect(try steps(first).map(\.name).contains("run"))
            #expect(try steps(second).map(\.name) == ["total"])
            #expect(first.body == second.body)
        }

        @Test func everyRunIsInTheHistogramsOfItsSteps() async throws {
            let before = try await samples()
            _ = try await api.execute(program)
            let after = try await samples()
            for step in ["queue", "spawn", "run", "finish"] {
                for name in ["outpost_step_seconds_count{step=\"\(step)\"}", bucket(step, "+Inf")] {
                    #expect(try #require(after[name]) >= (try #require(before[name])) + 1, "\(name)")
                }
                #expect(try #require(after[bucket(step, "60.0")]) <= (try #require(after[bucket(step, "+Inf")])))
            }
            for waiting in ["nothing", "interpreter"] {
                #expect(after["outpost_pool_hits_total{waiting=\"\(waiting)\"}"] != nil)
                #expect(after["outpost_pool_misses_total{waiting=\"\(waiting)\"}"] != nil)
            }
            #expect(after["outpost_compilation_hits_total"] != nil)
            #expect(after["outpost_compilation_misses_total"] != nil)
        }

        private func bucket(_ step: String, _ bound: String) -> String {
            "outpost_step_seconds_bucket{step=\"\(step)\",le=\"\(bound)\"}"
        }

        private func steps(_ answer: Answer) throws -> [(name: String, milliseconds: Double)] {
            let text = try #require(answer.header("Server-Timing"), "\(answer)")
            return try text.split(separator: ", ").map { metric in
                let match = try #require(metric.wholeMatch(of: /([a-z]+);dur=([0-9.]+)/), "\(metric)")
                return (String(match.1), try #require(Double(match.2)))
            }
        }

        private func samples() async throws -> [String: Double] {
            let lines = try await api.send("GET", "/metrics").text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            return try lines.reduce(into: [:]) { samples, line in
                let space = try #require(line.lastIndex(of: " "))
                samples[String(line[..<space])] = Double(line[line.index(after: space)...])
            }
        }
    }
}
