// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostClient
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs that live with a sandbox and not with a call.
    @Suite(.serialized) struct Processes {
        let server: ServerFixture

        init() throws { server = try SharedServer.server }

        @Test func aDevelopmentServerAnswersCallsThatComeLater() async throws {
            try await server.withClient { client, sandbox in
                let id = try await client.start(
                    ["python3", "-m", "http.server", "8000", "--bind", "127.0.0.1"], in: sandbox, name: "dev")
                let ask = "python3 -c \"import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/').status)\""
                #expect(try await eventually { try await client.shell(ask, in: sandbox) == "200\n" })
                #expect(try await client.getProcess(id, in: sandbox).status == .running)
                try await client.signalProcess(id, in: sandbox, "SIGINT")
                let ended = try await client.waitForProcess(id, in: sandbox)
                #expect(ended.status != .running)
                let log = try await client.processLog(id, in: sandbox)
                #expect(String(decoding: log.stderr + log.stdout, as: UTF8.self).contains("GET / HTTP/1.1"))
            }
        }

        @Test func redisKeepsWhatOneRunWritesForTheNext() async throws {
            try await server.withClient { client, sandbox in
                let id = try await client.start(
                    ["redis-server", "--save", "", "--appendonly", "no", "--port", "6379"], in: sandbox)
                #expect(
                    try await eventually { try await client.shell("redis-cli set key value", in: sandbox) == "OK\n" })
                #expect(try await client.shell("redis-cli get key", in: sandbox) == "value\n")
                try await client.signalProcess(id, in: sandbox, "SIGTERM")
                #expect(try await client.waitForProcess(id, in: sandbox).exitCode == 0)
            }
        }

        @Test func aDatabaseProgramTakesStatementsOnItsInput() async throws {
            try await server.withClient { client, sandbox in
                let program = """
                    import sqlite3, sys
                    database = sqlite3.connect('/workspace/data.db')
                    for line in sys.stdin:
                        for row in database.execute(line): print(*row, flush=True)
                        database.commit()
                    """
                let id = try await client.startProcess(
                    ProcessRequest(program: .code(program, language: "python"), takesInput: true), in: sandbox
                ).id
                try await client.writeInput(Array("create table t (a)\n".utf8), to: id, in: sandbox)
                try await client.writeInput(Array("insert into t values (42)\n".utf8), to: id, in: sandbox)
                try await client.writeInput(Array("select * from t\n".utf8), to: id, in: sandbox)
                #expect(
                    try await eventually { try await client.processLog(id, in: sandbox).stdout == Array("42\n".utf8) })
                try await client.writeInput([], to: id, in: sandbox, isLast: true)
                #expect(try await client.waitForProcess(id, in: sandbox).exitCode == 0)
                // The files stay, and another process finds them.
                let query = "sqlite3.connect('/workspace/data.db').execute('select count(*) from t').fetchone()[0]"
                let count = "python3 -c \"import sqlite3; print(\(query))\""
                #expect(try await client.shell(count, in: sandbox) == "1\n")
            }
        }

        @Test func aWatcherTellsItsReadersWhatChanges() async throws {
            try await server.withClient { client, sandbox in
                let watcher = """
                    import os, time
                    seen = set()
                    while True:
                        for name in set(os.listdir('/workspace')) - seen:
                            seen.add(name)
                            print('test', name, flush=True)
                        time.sleep(0.05)
                    """
                let id = try await client.startProcess(
                    ProcessRequest(program: .code(watcher, language: "python")), in: sandbox
                ).id
                let screen = Screen()
                async let follower = client.followProcess(id, in: sandbox) { event in
                    if case .output(_, let bytes, _) = event { screen.add(bytes) }
                }
                _ = try await client.shell("touch /workspace/first", in: sandbox)
                try await screen.wait(for: "test first\n")
                _ = try await client.shell("touch /workspace/second", in: sandbox)
                try await screen.wait(for: "test second\n")
                try await client.signalProcess(id, in: sandbox, "SIGKILL")
                #expect(try await follower.signal == "SIGKILL")
            }
        }

        @Test func aCompiledProgramRunsAsAProcess() async throws {
            try await server.withClient { client, sandbox in
                let program = "package main\nimport \"fmt\"\nfunc main() { fmt.Println(6 * 7) }"
                let id = try await client.startProcess(
                    ProcessRequest(program: .code(program, language: "go")), in: sandbox
                ).id
                #expect(try await client.waitForProcess(id, in: sandbox).exitCode == 0)
                #expect(try await client.processLog(id, in: sandbox).stdout == Array("42\n".utf8))
                await #expect(throws: OutpostError.self) {
                    _ = try await client.startProcess(
                        ProcessRequest(program: .code("package", language: "go")), in: sandbox)
                }
            }
        }

        @Test func memoryBeyondTheLimitEndsTheProcessAndNotTheSandbox() async throws {
            try await server.withClient { client, sandbox in
                let other = try await client.start(["sleep", "1000"], in: sandbox)
                let id = try await client.startProcess(
                    ProcessRequest(
                        program: .code("a = bytearray(1 << 30)", language: "python"),
                        limits: ResourceLimitsRequest(memoryMiB: 64)), in: sandbox
                ).id
                let ended = try await client.waitForProcess(id, in: sandbox)
                #expect(ended.cause == .outOfMemory)
                #expect(ended.status == .signalled)
                #expect(try await client.getProcess(other, in: sandbox).status == .running)
            }
        }

        @Test func whatAProcessUsesIsToldWhileItRuns() async throws {
            try await server.withClient { client, sandbox in
                let code = "import time\na = bytearray(64 << 20)\nprint('ready', flush=True)\ntime.sleep(1000)"
                let id = try await client.startProcess(
                    ProcessRequest(
                        program: .code(code, language: "python"), limits: ResourceLimitsRequest(memoryMiB: 256)),
                    in: sandbox
                ).id
                #expect(
                    try await eventually {
                        try await client.processLog(id, in: sandbox).stdout == Array("ready\n".utf8)
                    })
                let process = try await client.getProcess(id, in: sandbox)
                #expect(process.status == .running && process.cpuTimeMilliseconds > 0)
                let peak = try #require(process.memoryPeakBytes)
                #expect(peak >= 64 << 20 && peak <= 256 << 20)
            }
        }

        @Test func aProcessThatIgnoresSignalsIsKilledWithItsChildren() async throws {
            try await server.withClient { client, sandbox in
                let id = try await client.start(
                    ["sh", "-c", "trap '' TERM INT HUP; setsid sleep 987654 & sleep 987654; sleep 987654"], in: sandbox)
                try await client.signalProcess(id, in: sandbox, "SIGTERM")
                #expect(try await client.getProcess(id, in: sandbox).status == .running)
                try await client.deleteProcess(id, in: sandbox)
                #expect(try await client.shell("pgrep -c -f '[s]leep 987654'", in: sandbox) == "0\n")
                await #expect(throws: OutpostError.self) { try await client.getProcess(id, in: sandbox) }
            }
        }

        @Test func aSignalReachesTheProcessAloneOrItsGroup() async throws {
            try await server.withClient { client, sandbox in
                let script =
                    "trap 'echo got' USR1; sleep 456789 & echo ready; while :; do wait; kill -0 $! || break; done"
                let id = try await client.start(["sh", "-c", script], in: sandbox)
                func isWritten(_ text: String) async throws -> Bool {
                    try await eventually { try await client.processLog(id, in: sandbox).stdout == Array(text.utf8) }
                }
                #expect(try await isWritten("ready\n"))
                try await client.signalProcess(id, in: sandbox, "SIGUSR1", group: false)
                #expect(try await isWritten("ready\ngot\n"))
                #expect(try await client.shell("pgrep -c -x sleep", in: sandbox) == "1\n")
                try await client.signalProcess(id, in: sandbox, "SIGUSR1")
                _ = try await client.waitForProcess(id, in: sandbox)
                #expect(try await client.shell("pgrep -c -x sleep", in: sandbox) == "0\n")
            }
        }

        @Test func outputThatNobodyReadsIsDroppedFromTheFront() async throws {
            try await server.withClient { client, sandbox in
                let id = try await client.start(
                    ["sh", "-c", "echo error >&2; yes 0123456 | head -c 8M; echo END"], in: sandbox)
                let ended = try await client.waitForProcess(id, in: sandbox)
                #expect(ended.exitCode == 0)
                #expect(ended.stdoutBytes == (8 << 20) + 4)
                let log = try await client.processLog(id, in: sandbox)
                #expect(log.stdout.suffix(4) == Array("END\n".utf8)[...])
                #expect(log.stdout.count >= 1 << 20)
                #expect(log.stderr == Array("error\n".utf8))
                #expect(log.dropped + log.stdout.count + log.stderr.count == log.end)
            }
        }

        @Test func aReaderOfAttachGetsBothStreamsAndEveryByte() async throws {
            try await server.withClient { client, sandbox in
                let id = try await client.start(
                    ["sh", "-c", "read a; echo got $a; yes | head -c 3M; echo done >&2; exit 9"], in: sandbox,
                    stdin: true)
                let (out, error) = (Screen(), Screen())
                let ended = try await client.attach(to: id, in: sandbox, hasTerminal: false) { connection in
                    try await connection.type("a line\n")
                    try await connection.waitForEnd()
                } taking: { event in
                    switch event {
                    case .output(.stdout, let bytes): out.add(bytes)
                    case .output(.stderr, let bytes): error.add(bytes)
                    case .ended: break
                    }
                }
                #expect(ended?.exitCode == 9)
                #expect(out.text.hasPrefix("got a line\ny\n"))
                #expect(out.count == "got a line\n".utf8.count + (3 << 20))
                #expect(error.text == "done\n")
            }
        }

        /// Each member of the list is a call and the status of its answer.
        @Test func badCallsAreRefused() async throws {
            let api = server.api
            try await server.withClient { client, sandbox in
                let running = try await client.start(["sleep", "1000"], in: sandbox)
                let path = api.sandboxPath("/\(sandbox)/processes")
                let one = path + "/\(running)"
                let calls: [(String, String, JSONValue?, Int)] = [
                    ("POST", path, [:], 400), ("POST", path, ["command": []], 400),
                    ("POST", path, ["command": ["ls"], "code": "x"], 400),
                    ("POST", path, ["command": ["ls"], "tty": true], 400),
                    ("POST", path, ["command": ["ls"], "tty": ["cols": 0, "rows": 1]], 400),
                    ("POST", path, ["command": ["ls"], "timeout_secs": 0], 400),
                    ("POST", path, ["command": ["ls"], "timeout_secs": 1e9], 400),
                    ("POST", path, ["command": ["ls"], "unknown": 1], 400),
                    ("POST", path, ["command": ["ls"], "resource_limits": ["timeout_ms": 1]], 400),
                    ("POST", path, ["command": ["ls"], "working_dir": "/no/such/folder"], 400),
                    ("GET", path + "?status=odd", nil, 400), ("GET", path + "?odd=1", nil, 400),
                    ("GET", path + "/proc_000000000000", nil, 404), ("GET", path + "/odd", nil, 404),
                    ("DELETE", path + "/proc_000000000000", nil, 404),
                    ("POST", one + "/signal", ["signal": "SIGODD"], 400), ("POST", one + "/signal", [:], 400),
                    ("POST", one + "/signal", ["signal": "SIGINT", "group": 1], 400),
                    ("POST", one + "/resize", ["cols": 80, "rows": 24], 409),
                    ("POST", one + "/resize", ["cols": 80], 400),
                    ("GET", one + "/output?after_seq=-1", nil, 400), ("GET", one + "/attach", nil, 400),
                    ("GET", api.sandboxPath("/\(sandbox)/terminal"), nil, 400),
                    ("GET", api.sandboxPath("/\(sandbox)/terminal?cols=x"), nil, 400),
                    ("GET", api.sandboxPath("/sbx_000000000000/terminal"), nil, 400),
                ]
                for (method, path, body, status) in calls {
                    let answer =
                        if let body { try await api.send(method, path, json: body) } else {
                            try await api.send(method, path)
                        }
                    #expect(
                        answer.status == status, "\(method) \(path) \(String(decoding: answer.body, as: UTF8.self))")
                }
                let input = try await api.send(
                    "POST", one + "/stdin", body: [1], headers: ["Content-Type": "application/octet-stream"])
                #expect(input.status == 409)
            }
        }
    }
}
