// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Pauses, snapshots, forks and what can be seen of a sandbox.
    @Suite(.serialized) struct SandboxLifecycle {
        let server: ServerFixture
        var api: APIClient { server.api }

        init() throws { server = try SharedServer.server }

        private static let stateful: JSONValue = [
            "language": "python", "mode": "stateful", "resource_limits": ["disk_mb": 64],
        ]

        private func path(_ sandbox: Sandbox, _ rest: String) -> String { api.sandboxPath("/\(sandbox.id)\(rest)") }

        private func snapshot(_ sandbox: Sandbox) async throws -> Snapshot {
            try await api.send("POST", path(sandbox, "/snapshot"), json: [:]).decoded(Snapshot.self, status: 201)
        }

        private func read(_ sandbox: Sandbox) async throws -> String {
            try await api.exec(sandbox, code: "print(open('file').read(), end='')").stdout.text
        }

        private func write(_ text: String, _ sandbox: Sandbox) async throws {
            let written = try await api.exec(sandbox, code: "open('file', 'w').write('\(text)')")
            #expect(written.status == .succeeded, "\(written.stderr.text)")
        }

        /// The names of the events so far.
        private func events(_ sandbox: Sandbox) async throws -> [SandboxEvent.Kind] {
            try await api.send("GET", path(sandbox, "/events")).decoded(SandboxEventList.self).events.map(\.kind)
        }

        @Test func aPauseStopsARunAndItsTime() async throws {
            try await api.withSandbox(Self.stateful) { sandbox in
                let code = """
                    import os, time
                    print('begun', flush=True)
                    while not os.path.exists('go'): time.sleep(0.01)
                    """
                async let running = api.exec(sandbox, ["code": .string(code), "timeout_secs": 30])
                #expect(try await eventually { try await events(sandbox).contains(.ready) })
                let paused = try await api.send("POST", path(sandbox, "/pause")).decoded(Sandbox.self)
                #expect(paused.status == .paused)
                let refused = try await api.send("POST", path(sandbox, "/exec"), json: ["code": "1"])
                #expect(refused.status == 409 && refused.text.contains("is paused"))
                let again = try await api.send("POST", path(sandbox, "/pause"))
                #expect(again.status == 409)
                let second: JSONValue = ["code": "open('go', 'w'); print(1)", "concurrent": true]
                let resumed = try await api.send("POST", path(sandbox, "/exec?resume=true"), json: second)
                    .decoded(Execution.self)
                #expect(resumed.stdout.text == "1\n")
                #expect(try await running.status == .succeeded)
                #expect(try await api.send("POST", path(sandbox, "/resume")).status == 409)
                #expect(try await events(sandbox).prefix(4) == [.created, .ready, .paused, .resumed])
            }
        }

        @Test func everyCallThatAPauseRefusesCanEndIt() async throws {
            try await api.withSandbox(Self.stateful) { sandbox in
                let started = try await api.send(
                    "POST", path(sandbox, "/processes"), json: ["command": ["sleep", "1000"]])
                let process = try started.decoded(SandboxProcess.self, status: 201).id
                let made = try await api.send("POST", path(sandbox, "/contexts"), json: ["language": "python"])
                let context = try made.decoded(SandboxKernel.self, status: 201).id
                let calls: [(method: String, path: String, body: JSONValue?)] = [
                    ("POST", "/processes/\(process)/signal", ["signal": "SIGCONT"]),
                    ("POST", "/contexts/\(context)/exec", ["code": "1"]), ("GET", "/files/%2Fetc?list", nil),
                    ("POST", "/processes", ["command": ["true"]]), ("DELETE", "/contexts/\(context)", nil),
                    ("DELETE", "/processes/\(process)", nil),
                ]
                for call in calls {
                    _ = try await api.send("POST", path(sandbox, "/pause")).decoded(Sandbox.self)
                    let refused = try await api.send(call.method, path(sandbox, call.path), body: call.body?.bytes)
                    #expect(refused.status == 409, "\(call)")
                    let query = call.path + (call.path.contains("?") ? "&" : "?") + "resume=true"
                    let done = try await api.send(call.method, path(sandbox, query), body: call.body?.bytes)
                    #expect(done.status < 300, "\(call) \(done.text)")
                }
                let wrong = try await api.send("GET", path(sandbox, "/files/%2Fetc?list&resume=maybe"))
                #expect(wrong.status == 400 && wrong.text.contains("resume"))
            }
        }

        @Test func anIdleSandboxIsPausedIfItAskedForThat() async throws {
            let asked = Self.stateful.adding(["idle_timeout_secs": 1, "on_idle": "pause"])
            try await api.withSandbox(asked) { sandbox in
                #expect(sandbox.onIdle == .pause)
                try await write("one", sandbox)
                #expect(try await eventually { try await events(sandbox).last == .paused })
                let change: JSONValue = ["on_idle": "delete", "idle_timeout_secs": .null]
                let changed = try await api.send("PATCH", path(sandbox, ""), json: change).decoded(Sandbox.self)
                #expect(changed.onIdle == .delete && changed.status == .paused)
                _ = try await api.send("POST", path(sandbox, "/resume")).decoded(Sandbox.self)
                #expect(try await read(sandbox) == "one")
            }
            let refused = try await api.send(
                "POST", api.sandboxPath(""), json: ["language": "python", "on_idle": "pause"])
            #expect(refused.status == 400 && refused.text.contains("on_idle"))
        }

        @Test func aPausedSandboxIsDeleted() async throws {
            let sandbox = try await api.createSandbox(Self.stateful)
            async let running = api.send(
                "POST", path(sandbox, "/exec"), json: ["code": "while True: pass", "timeout_secs": 3600])
            #expect(try await eventually { try await events(sandbox).contains(.ready) })
            _ = try await api.send("POST", path(sandbox, "/pause")).decoded(Sandbox.self)
            try await api.deleteSandbox(sandbox.id)
            _ = try await running
            // Another sandbox may get the cgroup of the paused one.
            try await api.withSandbox(Self.stateful) { next in
                let run = try await api.exec(next, code: "print(1)")
                #expect(run.stdout.text == "1\n")
            }
        }

        @Test func aForkHasTheFilesAndChangesNothingElsewhere() async throws {
            try await api.withSandbox(Self.stateful) { sandbox in
                try await write("one", sandbox)
                let reply = try await api.send("POST", path(sandbox, "/fork"), json: ["count": 2])
                    .decoded(ForkReply.self, status: 201)
                #expect(reply.sandboxes.count == 2)
                #expect(try await read(reply.sandboxes[0]) == "one")
                try await write("two", reply.sandboxes[0])
                #expect(try await read(reply.sandboxes[1]) == "one")
                let gone = try await api.exec(reply.sandboxes[1], code: "import os; os.remove('file')")
                #expect(gone.status == .succeeded)
                #expect(try await read(reply.sandboxes[0]) == "two")
                #expect(try await read(sandbox) == "one")
                for fork in reply.sandboxes { try await api.deleteSandbox(fork.id) }
                #expect(try await read(sandbox) == "one")
            }
        }

        @Test func aSnapshotOutlivesItsSandbox() async throws {
            let made = try await api.withSandbox(Self.stateful) { sandbox in
                try await write("one", sandbox)
                let made = try await snapshot(sandbox)
                try await write("two", sandbox)
                return made
            }
            #expect(made.bytes > 0)
            try await api.withSandbox(Self.stateful.adding(["snapshot": .string(made.id.rawValue)])) { sandbox in
                let text = try await read(sandbox)
                #expect(text == "one")
            }
            let list = try await api.send("GET", api.sandboxPath("/snapshots")).decoded(Page<Snapshot>.self)
            #expect(list.items.map(\.id).contains(made.id))
            let one = api.sandboxPath("/snapshots/\(made.id)")
            #expect(try await api.send("DELETE", one).status == 204)
            #expect(try await api.send("DELETE", one).status == 404)
        }

        @Test func metricsTellWhatASandboxUses() async throws {
            try await api.withSandbox(Self.stateful) { sandbox in
                func usage() async throws -> SandboxUsage {
                    try await api.send("GET", path(sandbox, "/metrics")).decoded(SandboxUsage.self)
                }
                #expect(try await usage() == SandboxUsage())
                let code = "open('file', 'wb').write(bytes(8 << 20)); x = bytearray(32 << 20); sum(range(10**6))"
                #expect(try await api.exec(sandbox, code: code).status == .succeeded)
                let up = try await usage()
                #expect(up.cpuMicroseconds > 0 && up.memoryPeakBytes > 32 << 20 && up.diskUsedBytes > 8 << 20)
                _ = try await snapshot(sandbox)
                let down = try await usage()
                #expect(down.cpuMicroseconds >= up.cpuMicroseconds && down.memoryPeakBytes == up.memoryPeakBytes)
                #expect(down.processes == 0 && down.memoryBytes == 0 && down.diskUsedBytes == 0)
            }
        }

        @Test func eventsAreFollowedUntilTheSandboxIsDeleted() async throws {
            let sandbox = try await api.createSandbox(Self.stateful)
            _ = try await api.exec(sandbox, code: "1")
            var kinds: [String] = []
            try await api.stream("GET", path(sandbox, "/events?after_seq=1")) { event in
                kinds.append(event.name)
                if event.name == "run" { try await api.deleteSandbox(sandbox.id) }
                return true
            }
            #expect(kinds == ["ready", "run", "deleted"])
        }

        @Test func settingsChangeForTheNextRun() async throws {
            try await api.withSandbox(Self.stateful) { sandbox in
                let changed = try await api.send(
                    "PATCH", path(sandbox, ""),
                    json: ["name": "new", "env": [["A", "1"]]]
                ).decoded(Sandbox.self)
                #expect(changed.name == "new")
                #expect(try await api.exec(sandbox, code: "import os; print(os.environ['A'])").stdout.text == "1\n")
                let limited = try await api.send(
                    "PATCH", path(sandbox, ""), json: ["resource_limits": ["timeout_ms": 300]]
                ).decoded(Sandbox.self)
                #expect(limited.limits.timeoutMilliseconds == 300)
                #expect(try await api.exec(sandbox, code: "import time; time.sleep(600)").status == .timedOut)
            }
        }

        @Test func everythingOfALifeIsThereAfterACrash() async throws {
            try await DataDirectory.withTemporary { directory in
                let (origin, fork, made) = try await ServerFixture.withServer(on: directory, ending: .killed) {
                    server in
                    let api = server.api
                    let origin = try await api.createSandbox(Self.stateful)
                    _ = try await api.exec(origin, code: "open('file', 'w').write('one')")
                    let made = try await api.send("POST", api.sandboxPath("/\(origin.id)/snapshot"), json: [:])
                        .decoded(Snapshot.self, status: 201)
                    _ = try await api.exec(origin, code: "open('file', 'a').write('two'); import os; os.sync()")
                    let forks = try await api.send("POST", api.sandboxPath("/\(origin.id)/fork"), json: [:])
                        .decoded(ForkReply.self, status: 201)
                    _ = try await api.send("POST", api.sandboxPath("/\(origin.id)/pause")).decoded(Sandbox.self)
                    return (origin, try #require(forks.sandboxes.first), made)
                }
                try await ServerFixture.withServer(on: directory) { server in
                    let api = server.api
                    let code = "print(open('file').read())"
                    #expect(try await api.exec(origin, code: code).stdout.text == "onetwo\n")
                    #expect(try await api.exec(fork, code: code).stdout.text == "onetwo\n")
                    let third = try await api.createSandbox(
                        Self.stateful.adding(["snapshot": .string(made.id.rawValue)]))
                    #expect(try await api.exec(third, code: code).stdout.text == "one\n")
                    for sandbox in [origin, fork, third] { try await api.deleteSandbox(sandbox.id) }
                    #expect(try await api.send("DELETE", api.sandboxPath("/snapshots/\(made.id)")).status == 204)
                    let sealed = directory.path + "/sealed/default"
                    #expect(
                        try await eventually { try FileManager.default.contentsOfDirectory(atPath: sealed).isEmpty })
                }
            }
        }

        @Test func theCommandsWork() async throws {
            let launched = try await server.outpost(
                ["sandbox", "launch"], ["--language", "python", "--mode", "stateful"])
            let id = launched.stdout.trimmingCharacters(in: .newlines)
            func outpost(_ words: [String], _ arguments: [String] = []) async throws -> String {
                let result = try await server.outpost(["sandbox"] + words, [id] + arguments)
                #expect(result.exitCode == 0, "\(words): \(result.stderr)")
                return result.stdout
            }
            _ = try await outpost(["exec"], ["-c", "print('hello')"])
            #expect(try await outpost(["logs"]) == "hello\n")
            #expect(try await outpost(["logs"], ["--follow"]) == "hello\n")
            #expect(try await outpost(["update"], ["--name", "new"]).contains("new"))
            #expect(try await outpost(["pause"]).contains("paused"))
            #expect(try await server.outpost(["sandbox", "exec"], [id, "-c", "1"]).exitCode == 1)
            #expect(try await outpost(["exec"], ["--resume", "-c", "print(2)"]) == "2\n")
            _ = try await outpost(["pause"])
            #expect(try await outpost(["resume"], ["--json"]).contains("\"status\":\"ready\""))
            let made = try await outpost(["snapshot"], ["--name", "first"]).prefix { !$0.isWhitespace }
            #expect(SnapshotID(String(made)) != nil)
            #expect(try await server.outpost(["sandbox", "snapshot", "list"], []).stdout.contains("first"))
            let fork = try await outpost(["fork"]).prefix { !$0.isWhitespace }
            #expect(SandboxID(String(fork)) != nil)
            #expect(try await outpost(["events"]).contains("resumed"))
            #expect(try await outpost(["top"]).contains(id))
            #expect(try await outpost(["top"], ["--json"]).contains("cpu_time_ms"))
            #expect(
                try await server.outpost(["sandbox", "snapshot", "delete"], [String(made)]).exitCode == 0)
            #expect(try await server.outpost(["sandbox", "delete"], [id, String(fork)]).exitCode == 0)
        }
    }
}
