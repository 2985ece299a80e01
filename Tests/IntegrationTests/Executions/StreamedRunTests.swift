// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Runs whose output comes while they run, and their calls.
    @Suite(.serialized) struct StreamedRuns {
        let api: APIClient

        init() throws { api = try SharedServer.server.api.with(namespace: "streamed-runs") }

        private func execute(_ code: String, _ extra: JSONValue = [:]) -> JSONValue {
            (["language": "bash", "code": .string(code)] as JSONValue).adding(extra)
        }

        private func path(_ sandbox: String, _ id: String = "", _ rest: String = "") -> String {
            api.sandboxPath("/\(sandbox)/executions") + (id.isEmpty ? "" : "/\(id)") + rest
        }

        /// The record of the run that a `start` event is about.
        private func record(_ start: StreamedEvent, _ query: String = "") async throws -> ExecutionRecord {
            let place = path(try #require(start.string("sandbox_id")), try #require(start.string("id")), query)
            return try await api.send("GET", place).decoded(ExecutionRecord.self)
        }

        private func ended(_ record: ExecutionRecord) throws -> Execution {
            guard case .ended(let execution) = record else { throw FixtureError("the run has not ended: \(record)") }
            return execution
        }

        /// Waits until `go` is there.
        private static let waits = "until [ -e go ]; do sleep 0.02; done"

        @Test func outputComesBeforeTheEnd() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let code = "echo first; \(Self.waits); echo second; echo oops >&2; exit 3"
                var events: [StreamedEvent] = []
                try await api.stream(
                    "POST", api.sandboxPath("/\(sandbox.id)/exec"), json: ["code": .string(code)]
                ) { event in
                    events.append(event)
                    if event.text == "first\n" {
                        _ = try await api.exec(sandbox, ["code": "touch go", "concurrent": true])
                    }
                    return true
                }
                #expect(events.first?.name == "start" && events.first?.string("sandbox_id") == sandbox.id.rawValue)
                let output = events.dropFirst().dropLast()
                #expect(output.map(\.number) == Array(1...output.count))
                #expect(output.filter { $0.name == "stdout" }.compactMap(\.text).joined() == "first\nsecond\n")
                #expect(output.filter { $0.name == "stderr" }.compactMap(\.text).joined() == "oops\n")
                let end = try Execution(reply: try #require(events.last).data)
                #expect(events.last?.name == "end" && end.status == .failed && end.exitCode == 3)
                #expect(end.id.rawValue == events.first?.string("id") && end.stdout.text == "first\nsecond\n")
            }
        }

        @Test func textIsNotCutInACharacterAndBytesAreBase64() async throws {
            let code = #"printf 'x\xe2'; sleep 0.3; printf '\x82'; sleep 0.3; printf '\xacy'; printf 'a\xff' >&2"#
            let events = try await api.events("POST", api.sandboxPath("/execute"), json: execute(code))
            #expect(events.filter { $0.name == "stdout" }.compactMap(\.text) == ["x", "€y"])
            #expect(events.first { $0.name == "stderr" }?.string("data_base64") == "Yf8=")
        }

        @Test func theLimitOfOutputBoundsTheEndAndNotTheStream() async throws {
            let body = execute("seq 1 200000", ["resource_limits": ["max_output_bytes": 1000]])
            let events = try await api.events("POST", api.sandboxPath("/execute"), json: body)
            let text = events.filter { $0.name == "stdout" }.compactMap(\.text).joined()
            #expect(text == (1...200_000).map { "\($0)\n" }.joined())
            let end = try Execution(reply: try #require(events.last).data)
            #expect(end.stdout.bytes.count == 1000 && end.stdout.total == text.utf8.count)
        }

        @Test func aProgramThatCannotBeStartedSaysWhy() async throws {
            let events = try await api.events(
                "POST", api.sandboxPath("/execute"), json: ["language": "bash", "command": ["/no/such/program"]])
            let end = try Execution(reply: try #require(events.last).data)
            #expect(end.exitCode == 127)
            #expect(events.first { $0.name == "stderr" }?.text == end.stderr.text && !end.stderr.bytes.isEmpty)
        }

        private static let refusals: [(JSONValue, Int)] = [
            (["language": "bash", "code": "true", "timeout_ms": 99_000_000], 422),
            (["language": "nothing", "code": "true"], 400),
            (["language": "bash", "code": "true", "working_dir": "/etc/passwd"], 400),
            (["language": "python", "code": "1", "files": [["path": "/proc/x", "content": ""]]], 400),
            (["language": "bash", "code": "true", "id": "exec_1"], 400),
        ]

        @Test(arguments: refusals) func errorsBeforeTheStartAreOrdinaryAnswers(body: JSONValue, status: Int)
            async throws
        {
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: body, headers: ["Accept": "text/event-stream"])
            #expect(answer.status == status && answer.header("Content-Type") == "application/json")
            _ = try answer.error()
        }

        /// Twice the same number of written bytes means that the program waits: `yes` writes gigabytes in a second.
        @Test func aSlowReaderHoldsTheProgramUpAndLeavingEndsIt() async throws {
            var start: StreamedEvent?
            var written = -1
            try await api.stream("POST", api.sandboxPath("/execute"), json: execute("yes")) { event in
                guard event.name == "stdout", let begun = start else {
                    start = event
                    return true
                }
                let isStill = try await eventually {
                    try await Task.sleep(for: .milliseconds(300))
                    guard case .inProgress(let run) = try await record(begun) else { return true }
                    defer { written = run.stdout.total }
                    return run.stdout.total == written
                }
                #expect(isStill && written > 0 && written < 64 << 20)
                return false
            }
            let last = try await record(try #require(start), "?wait_secs=300")
            #expect(try ended(last).status == .cancelled)
        }

        @Test func aClientThatGoesAwayEndsASilentRun() async throws {
            var start: StreamedEvent?
            try await api.stream("POST", api.sandboxPath("/execute"), json: execute("sleep 90")) { event in
                start = event
                return false
            }
            // Sooner than the next comment line.
            #expect(try ended(try await record(try #require(start), "?wait_secs=300")).status == .cancelled)
        }

        @Test func aDetachedRunGoesOnAndCanBeFollowedAgain() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let id = ExecutionID()
                let body: JSONValue = [
                    "code": .string("echo a; \(Self.waits); echo b"), "detach": true, "id": .string(id.rawValue),
                ]
                try await api.stream("POST", api.sandboxPath("/\(sandbox.id)/exec"), json: body) { $0.text != "a\n" }
                let place = path(sandbox.id.rawValue, id.rawValue)
                let now = try await api.send("GET", place).decoded(ExecutionRecord.self)
                guard case .inProgress(let run) = now else { throw FixtureError("it has ended: \(now)") }
                #expect(run.startedAt != nil && run.stdout.text == "a\n")
                var again: [StreamedEvent] = []
                try await api.stream("GET", place + "/events?after_seq=1") { event in
                    if event.name == "start" {
                        _ = try await api.exec(sandbox, ["code": "touch go", "concurrent": true])
                    }
                    again.append(event)
                    return true
                }
                #expect(
                    again.map(\.name) == ["start", "stdout", "end"] && again[1].text == "b\n" && again[1].number == 2)
                let later = try await api.events("GET", place + "/events")
                #expect(later.map(\.text) == [nil, "a\n", "b\n", nil])
                #expect(try await api.events("GET", place + "/events?after_seq=99").map(\.name) == ["start", "end"])
                let end = try ended(try await api.send("GET", place).decoded(ExecutionRecord.self))
                #expect(end.status == .succeeded && end.stdout.text == "a\nb\n")
            }
        }

        @Test func aRunCanBeCancelledInEveryPhase() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let exec = api.sandboxPath("/\(sandbox.id)/exec")
                let (first, second) = (ExecutionID(), ExecutionID())
                async let running = api.send("POST", exec, json: ["code": "sleep 90", "id": .string(first.rawValue)])
                let places = [first, second].map { path(sandbox.id.rawValue, $0.rawValue) }
                #expect(try await eventually { try await api.send("GET", places[0]).text.contains("\"running\"") })
                async let waiting = api.send("POST", exec, json: ["code": "true", "id": .string(second.rawValue)])
                #expect(try await eventually { try await api.send("GET", places[1]).text.contains("\"queued\"") })
                let list = try await api.send("GET", path(sandbox.id.rawValue)).decoded(Page<ListedExecution>.self)
                #expect(list.items.map(\.record.id) == [second, first])
                for place in places.reversed() {
                    let record = try await api.send("DELETE", place).decoded(ExecutionRecord.self)
                    #expect(try ended(record).status == .cancelled)
                    #expect(try await api.send("DELETE", place).decoded(ExecutionRecord.self) == record)
                }
                #expect(try await running.decoded(Execution.self).status == .cancelled)
                #expect(try await waiting.decoded(Execution.self).status == .cancelled)
                let again = try await api.send("POST", exec, json: ["code": "true", "id": .string(first.rawValue)])
                #expect(again.status == 409)
            }
        }

        @Test func aRunInASandboxOfItsOwnIsListedThere() async throws {
            let execution = try await api.execute("bash", "echo whole")
            let place = path(execution.sandboxID.rawValue)
            let list = try await api.send("GET", place).decoded(Page<ListedExecution>.self)
            guard case .ended(let listed)? = list.items.first?.record else { throw FixtureError("not listed: \(list)") }
            #expect(list.total == 1 && listed.id == execution.id && listed.stdout.total == 6)
            #expect(listed.stdout.bytes.isEmpty && listed.status == .succeeded)
            let one = try await api.send("GET", "\(place)/\(execution.id)").decoded(ExecutionRecord.self)
            #expect(try ended(one) == execution)
            let events = try await api.events("GET", "\(place)/\(execution.id)/events")
            #expect(events.map(\.name) == ["start", "end"])
        }

        @Test func whatIsNotThereIsNotFound() async throws {
            let execution = try await api.execute("bash", "true")
            let (sandbox, id) = (execution.sandboxID.rawValue, execution.id.rawValue)
            let other = api.with(namespace: "other-runs")
            let unknown = [
                path(sandbox, ExecutionID().rawValue), path(SandboxID().rawValue, id), path(sandbox, "exec_1"),
                path(SandboxID().rawValue), path("sbx_1"), path(sandbox, JobID().rawValue),
                other.sandboxPath("/\(sandbox)/executions/\(id)"), other.sandboxPath("/\(sandbox)/executions"),
            ]
            for path in unknown { #expect(try await api.send("GET", path).status == 404, "\(path)") }
            #expect(try await api.send("GET", path(sandbox, ExecutionID().rawValue, "/events")).status == 404)
            #expect(try await api.send("DELETE", path(sandbox, ExecutionID().rawValue)).status == 404)
            for method in ["PUT", "POST", "PATCH"] {
                #expect(try await api.send(method, path(sandbox, id), json: [:]).status == 405)
            }
            for query in ["?wait_secs=301", "?wait_secs=x", "?x=1"] {
                #expect(try await api.send("GET", path(sandbox, id, query)).status == 400)
            }
            for query in ["?after_seq=-1", "?after_seq=x"] {
                #expect(try await api.send("GET", path(sandbox, id, "/events" + query)).status == 400)
            }
        }

        @Test func theRunsOfADeletedSandboxAreForgotten() async throws {
            let sandbox = try await api.createSandbox(["language": "bash"])
            let execution = try await api.exec(sandbox, code: "true")
            let place = path(sandbox.id.rawValue, execution.id.rawValue)
            #expect(try await api.send("GET", place).status == 200)
            try await api.deleteSandbox(sandbox.id)
            #expect(try await api.send("GET", place).status == 404)
        }

        @Test func aRepeatedCallGetsTheEndAgain() async throws {
            let headers = ["Idempotency-Key": "stream-\(ExecutionID())"]
            let body = execute("echo once")
            let first = try await api.events("POST", api.sandboxPath("/execute"), json: body, headers: headers)
            #expect(first.map(\.name) == ["start", "stdout", "end"])
            // The end is recorded soon after it is sent.
            var again: [StreamedEvent] = []
            #expect(
                try await eventually {
                    do {
                        again = try await api.events(
                            "POST", api.sandboxPath("/execute"), json: body, headers: headers)
                        return true
                    } catch let error as FixtureError {
                        guard "\(error)".contains("409") else { throw error }
                        return false
                    }
                })
            #expect(again.map(\.name) == ["end"] && again.first?.string("id") == first.first?.string("id"))
        }
    }
}
