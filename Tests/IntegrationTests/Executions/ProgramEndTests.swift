// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// The right cause, always.
    @Suite(.serialized) struct ProgramEnd {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test(arguments: [0, 1, 2, 42, 124, 126, 127, 128, 137, 139, 143, 255])
        func anExitCodeIsTheProgramsOwn(_ code: Int) async throws {
            let execution = try await api.execute("bash", "exit \(code)")
            #expect(execution.status == (code == 0 ? .succeeded : .failed))
            #expect(execution.exitCode == code)
            #expect(execution.signal == nil)
        }

        @Test(arguments: [
            "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
            "SIGPIPE", "SIGALRM", "SIGTERM", "SIGXCPU", "SIGXFSZ", "SIGSYS",
        ]) func aSignalOfTheProgramsOwnIsItsFailure(_ name: String) async throws {
            let code = """
                import os, signal
                number = signal.\(name)
                if number != signal.SIGKILL: signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
                signal.pause()
                """
            let execution = try await api.execute("python", code)
            #expect(execution.status == .failed)
            #expect(execution.signal == name)
            #expect(execution.exitCode == nil)
        }

        @Test(arguments: [
            ("a spin", "while True: pass"),
            ("a sleep", "import time; time.sleep(600)"),
            ("a stopped program", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"),
            (
                "a program that takes no hint",
                """
                import signal, time
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
                    signal.signal(number, signal.SIG_IGN)
                while True: time.sleep(1)
                """
            ),
        ]) func timeRunsOutOn(_ name: String, _ code: String) async throws {
            // On a busy machine the first limit may be over before the program has begun.
            var (limit, execution) = (700, try await timedOut(code, 700))
            while execution.stdout.text.isEmpty, limit < 60_000 {
                limit *= 4
                execution = try await timedOut(code, limit)
            }
            #expect(execution.status == .timedOut)
            #expect(execution.stdout.text == "before\n")
            #expect(execution.exitCode == nil)
            #expect(execution.signal == "SIGKILL")
            #expect((Double(limit - 10)...Double(limit + 60_000)).contains(execution.durationMilliseconds))
        }

        private func timedOut(_ code: String, _ milliseconds: Int) async throws -> Execution {
            try await api.execute(
                "python", "print('before', flush=True)\n" + code, ["timeout_ms": .integer(Int64(milliseconds))])
        }

        @Test func secondsWinOverMilliseconds() async throws {
            let short = try await api.execute(
                "bash", "sleep 60",
                ["timeout_secs": 0.3, "timeout_ms": 60_000])
            #expect(short.status == .timedOut)
            let long = try await api.execute(
                "bash", "sleep 0.6", ["timeout_secs": 30, "timeout_ms": 100])
            #expect(long.status == .succeeded)
        }

        @Test func aBackgroundChildThatHoldsTheOutputOpenDelaysNothing() async throws {
            let code = "sleep 600 & setsid sh -c 'trap \"\" TERM HUP; sleep 600' & echo done"
            let execution = try await api.execute("bash", code, ["timeout_secs": 300])
            #expect(execution.status == .succeeded)
            #expect(execution.stdout.text == "done\n")
            #expect(execution.durationMilliseconds < 60_000)
        }

        @Test func whatARunLeavesBehindIsKilled() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let planted = try await api.exec(
                    sandbox,
                    code: """
                        setsid sh -c 'while true; do echo x >> ~/marker; done' > /dev/null 2>&1 &
                        while [ ! -s ~/marker ]; do :; done
                        """)
                #expect(planted.status == .succeeded)
                let sizes = try await api.exec(sandbox, code: "stat -c %s ~/marker; sleep 0.3; stat -c %s ~/marker")
                let lines = sizes.stdout.text.split(separator: "\n")
                try #require(lines.count == 2)
                #expect(lines[0] == lines[1])
            }
        }

        @Test func aForkBombMeetsTheProcessLimitAndNothingElse() async throws {
            let counting = try await api.execute(
                "python",
                """
                import os, time
                children = 0
                try:
                    while True:
                        if os.fork() == 0:
                            time.sleep(60)
                        children += 1
                except OSError as error:
                    print(error.errno, children < 32)
                """, limits(["max_processes": 32]))
            #expect(counting.stdout.text == "11 True\n")
            let bomb = try await api.execute(
                "bash", "bomb() { bomb | bomb & }; bomb; sleep 60", limits(["max_processes": 64, "timeout_ms": 1500]))
            #expect([.timedOut, .failed].contains(bomb.status), "\(bomb.status)")
            #expect(try await api.execute("bash", "echo well").stdout.text == "well\n")
        }

        @Test func aRunEndsWhenItsSandboxIsDeleted() async throws {
            let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
            async let pending = api.send("POST", api.sandboxPath("/\(sandbox.id)/exec"), json: ["code": "sleep 100"])
            #expect(try await eventually { try await api.sandbox(sandbox.id).status == .running })
            try await api.deleteSandbox(sandbox.id)
            let answer = try await pending
            if answer.status == 200 {
                #expect(try answer.decoded(Execution.self).status == .cancelled)
            } else {
                #expect([.notFound, .conflict].contains(try answer.error().code))
            }
        }

        private func limits(_ limits: JSONValue) -> JSONValue {
            ["resource_limits": limits]
        }
    }
}
