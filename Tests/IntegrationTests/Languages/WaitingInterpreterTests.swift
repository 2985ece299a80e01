// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Interpreters that were started before their program is there.
    @Suite(.serialized) struct WaitingInterpreters {
        /// What becomes of an interpreter whose program never comes: the other ends of its channel are gone already.
        private static let harness = """
            import fcntl, os, subprocess, sys, tempfile
            starter, way = sys.argv[1:]
            with tempfile.TemporaryDirectory() as folder:
                ahead = os.path.join(folder, 'ahead')
                os.mkdir(ahead)
                with open(starter) as source, open(os.path.join(ahead, '_outpost_starter.py'), 'w') as copy:
                    copy.write(source.read())
                with open(os.path.join(ahead, '_outpost_path.py'), 'w') as file:
                    file.write('def lead(): pass')
                with open(os.path.join(ahead, '_outpost_fork.py'), 'w') as file:
                    file.write('def __getattr__(name): return lambda *ignored: None')
                with open(os.path.join(ahead, 'sitecustomize.py'), 'w') as file:
                    file.write(f'import _outpost_starter; _outpost_starter.{way}()')
                main = os.path.join(folder, 'main.py')
                with open(main, 'w') as file:
                    file.write("print('an earlier program runs again')")
                job, answers = os.pipe(), os.pipe()
                # Away from the numbers that they get.
                job = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in job]
                answers = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in answers]
                os.closerange(3, 20)
                os.dup2(job[0], 3)
                os.dup2(answers[1], 4)
                os.closerange(20, 40)
                ran = subprocess.run([sys.executable, main], env={'PYTHONPATH': ahead}, pass_fds=[3, 4],
                                     capture_output=True, text=True, timeout=60)
                print(ran.returncode, ran.stdout)
            """

        @Test(arguments: ["start", "start_ahead"]) func oneThatNobodyNeedsRunsNothing(_ way: String) async throws {
            let starter = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../../Sources/PythonStarter/_outpost_starter.py").path
            let seen = try await HostCommand.run("python3", "-c", Self.harness, starter, way)
            #expect(seen == "1 \n")
        }

        @Test func aProgramThatHasEndedDoesNotRunAgain() async throws {
            let api = try SharedServer.server.api
            let mark = "/tmp/\(UUID().uuidString)"
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                for number in 0..<25 {
                    let code = "open('\(mark)', 'w')\nopen('ledger', 'a').write('\(number)\\n')"
                    _ = try await api.exec(sandbox, code: code)
                    // The next interpreter is on its way from here on, at some point of its start, and another program
                    // ends it.
                    let isOnItsWay = try await eventually {
                        try !HostProcesses.mentioning("python", seeing: mark).isEmpty
                    }
                    try #require(isOnItsWay)
                    for _ in 0..<number * 20 { await Task.yield() }
                    _ = try await api.exec(sandbox, ["command": ["/bin/true"]])
                }
                let ledger = try await api.exec(sandbox, ["command": ["cat", "ledger"]])
                #expect(ledger.stdout.text == (0..<25).map { "\($0)\n" }.joined())
            }
        }
    }
}
