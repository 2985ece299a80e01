// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Runs that may use so much processor time and no more.
    @Suite(.serialized) struct ProcessorTime {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let computing = [
            ("python", "while True: pass"), ("bash", "while :; do :; done"), ("node", "for (;;);"),
            ("python", "import subprocess\nsubprocess.run(['sh', '-c', 'while :; do :; done'])"),
            // Each of its children ends long before the limit.
            ("bash", "while :; do (for i in 1 2 3 4 5 6 7 8 9; do :; done); done"),
            (
                "python",
                "import threading\nfor _ in range(4): threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()"
            ),
            ("python", "import os\nfor _ in range(3): os.fork()\nwhile True: pass"),
            // Time in the kernel.
            ("python", "import os\nwhile True: os.stat('/')"),
            // What its own limits and signals cannot put off.
            (
                "python",
                "import os, signal\nos.setsid() if os.fork() == 0 else None\nfor s in set(range(1, 32)) - {9, 19}: signal.signal(s, signal.SIG_IGN)\nwhile True: pass"
            ),
            // Half of the time asleep.
            (
                "python",
                "import time\nwhile True:\n  end = time.monotonic() + .01\n  while time.monotonic() < end: pass\n  time.sleep(.01)"
            ),
            // A parent that only waits for the child that it has disowned.
            ("bash", "(while :; do :; done) & disown; sleep 600"),
        ]

        @Test(arguments: computing)
        func aRunIsEndedWhenItsProcessesHaveUsedItTogether(_ language: String, _ code: String) async throws {
            let execution = try await api.execute(language, code, ["cpu_time_ms": 400, "timeout_secs": 300])
            #expect(execution.status == .timedOut, "\(execution)")
            #expect(execution.limit == .cpu)
            #expect(execution.signal == "SIGKILL")
            #expect(execution.exitCode == nil)
            #expect(execution.cpuTimeMilliseconds > 400)
            // Far less than until somebody else would have ended it.
            #expect(execution.cpuTimeMilliseconds < 2000)
        }

        @Test(arguments: [
            ("python", "import time\ntime.sleep(1)\nprint('done')"),
            (
                "python",
                "end = __import__('time').process_time() + .2\nwhile __import__('time').process_time() < end: pass\nprint('done')"
            ),
            ("bash", "sleep 1; echo done"), ("node", "setTimeout(() => console.log('done'), 1000)"),
            ("python", "import os\nfor _ in range(20): os.waitpid(os.fork() or os._exit(0), 0)\nprint('done')"),
        ]) func whoUsesLessIsNotEnded(_ language: String, _ code: String) async throws {
            let execution = try await api.execute(language, code, ["cpu_time_ms": 900, "timeout_secs": 300])
            #expect(execution.status == .succeeded, "\(execution)")
            #expect(execution.limit == nil)
            #expect(execution.stdout.text == "done\n")
            #expect(execution.cpuTimeMilliseconds <= 900)
        }

        @Test func wallTimeEndsWhatSleeps() async throws {
            let execution = try await api.execute(
                "python", "import time; time.sleep(600)", ["cpu_time_ms": 10_000, "timeout_ms": 500])
            #expect(execution.status == .timedOut)
            #expect(execution.limit == .wall)
        }

        /// It is over before anybody has looked, and what it used is above the limit all the same.
        @Test func theFinalCountDecides() async throws {
            let code =
                "end = __import__('time').process_time() + .05\nwhile __import__('time').process_time() < end: pass"
            let execution = try await api.execute("python", code, ["cpu_time_ms": 1])
            #expect(execution.status == .timedOut)
            #expect(execution.limit == .cpu)
            #expect(execution.signal == "SIGKILL")
        }

        @Test func inAStatefulSandboxEachRunHasItsOwn() async throws {
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                for _ in 0..<3 {
                    let code =
                        "end = __import__('time').process_time() + .3\nwhile __import__('time').process_time() < end: pass"
                    let execution = try await api.exec(sandbox, ["code": .string(code), "cpu_time_ms": 600])
                    #expect(execution.status == .succeeded, "\(execution)")
                }
                let execution = try await api.exec(sandbox, ["code": "while True: pass", "cpu_time_ms": 100])
                #expect(execution.limit == .cpu)
            }
        }

        /// A compiler has its own time.
        @Test func theLimitIsThePrograms() async throws {
            let code =
                "package main\nimport \"fmt\"\nfunc main() { fmt.Println(\"done\") // \(UInt64.random(in: 0...(.max)))\n}"
            let execution = try await api.execute("go", code, ["cpu_time_ms": 100])
            #expect(execution.status == .succeeded, "\(execution)")
        }

        @Test(arguments: [
            (JSONValue.integer(0), "must be at least 1"), (-1, "must be at least 1"),
            ("1", "must be an integer, not a string"),
            (.number(0.5), "must be an integer, not a fraction"), (.null, "must not be null"),
            (3_600_001, "is above this host's maximum of 3600000"),
        ]) func anotherLimitIsRefused(value: JSONValue, problem: String) async throws {
            let body: JSONValue = ["language": "python", "code": ""]
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: body.adding(["cpu_time_ms": value]))
            let error = try answer.error()
            #expect(error.details.map(\.field) == ["cpu_time_ms"])
            #expect(error.details.map(\.problem) == [problem])
        }
    }
}
