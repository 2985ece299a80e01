// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What the platform writes for a run is not among the client's files, and changes nothing of what a program finds.
    @Suite(.serialized) struct RunFolders {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// What of ours can be found when no run is on.
        private static let left = "ls -Ad /tmp/.outpost* /workspace/main* /workspace/.outpost* 2>/dev/null; true"

        private func files(_ sandbox: Sandbox, _ command: String) async throws -> String {
            let run = try await api.exec(sandbox, ["command": ["bash", "-c", .string(command)]])
            #expect(run.status == .succeeded, "\(run)")
            return run.stdout.text
        }

        @Test(arguments: Beside.all) func whatIsBesideIsFoundHoweverItRuns(_ beside: Beside) async throws {
            let clean = try await api.execute(beside.call)
            #expect(clean.stdout.text == beside.printed, "\(clean)")
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                // The second may go on in an interpreter that waited for it.
                for isBesideOthers in [false, false, true] {
                    let run = try await api.exec(
                        sandbox, beside.call.adding(["concurrent": .bool(isBesideOthers)]))
                    #expect(run.stdout.text == beside.printed, "concurrent \(isBesideOthers): \(run)")
                    #expect(run.stderr.text == clean.stderr.text)
                    #expect(run.exitCode == clean.exitCode)
                }
                #expect(try await files(sandbox, Self.left) == "")
            }
        }

        @Test(arguments: [
            ("python", "print('ran')", "main.py"), ("node", "console.log('ran')", "main.cjs"),
            ("node", "export {}; console.log('ran')", "main.mjs"), ("bash", "echo ran", "main.sh"),
            ("go", "package main\nfunc main() { print(\"ran\\n\") }", "main.go"),
            ("go", "package main\nfunc main() { print(\"ran\\n\") }", "main"),
            ("rust", "fn main() { println!(\"ran\"); }", "main.rs"),
            ("rust", "fn main() { println!(\"ran\"); }", "main"),
        ])
        func theClientsFilesOfItsNamesStay(_ language: String, _ code: String, _ name: String) async throws {
            let plants = [
                "echo mine > \(name)", "echo mine > \(name); chmod 444 \(name)", "echo mine > \(name); chmod 0 \(name)",
                "mkdir -p \(name)/d; echo mine > \(name)/d/x", "mkdir \(name); chmod 555 \(name)", "mkfifo \(name)",
                "ln -s /etc/hostname \(name)", "ln -s /nowhere \(name)", "ln -s \(name) \(name)",
                "ln -s /tmp/elsewhere \(name); echo mine > /tmp/elsewhere",
                "echo mine > kept; ln kept \(name)", "echo mine > \(name); chmod 755 \(name)",
            ]
            let shown = "stat -c '%F %a %s %h %Y %i' \(name); readlink \(name); cat /tmp/elsewhere; ls -A"
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                for plant in plants {
                    _ = try await files(sandbox, "rm -rf /workspace/* /tmp/elsewhere; \(plant)")
                    let before = try await files(sandbox, shown)
                    let run = try await api.exec(
                        sandbox, ["language": .string(language), "code": .string(code)])
                    #expect(run.stdout.text + run.stderr.text == "ran\n", "\(plant): \(run)")
                    #expect(try await files(sandbox, shown) == before, "\(plant)")
                }
            }
        }

        /// `import main` is the client's module, also for code that was started ahead.
        @Test func aModuleOfTheNameOfTheSourceIsTheClients() async throws {
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                _ = try await files(sandbox, "echo 'def run(): return 42' > main.py")
                for isBesideOthers in [false, false, true] {
                    let run = try await api.exec(
                        sandbox, ["code": "import main; print(main.run())", "concurrent": .bool(isBesideOthers)])
                    #expect(run.stdout.text == "42\n", "\(run)")
                }
            }
        }

        @Test(arguments: [
            ("python", "import time; time.sleep(60)"), ("node", "setInterval(() => {}, 1000)"), ("bash", "kill -9 $$"),
            ("bash", "sleep 60 & sleep 60 & disown -a"), ("python", "import os; os.abort()"),
            ("bash", "cd \"$(dirname \"$0\")\"; sleep 60 &"),
            ("python", "import os, signal\nif os.fork() == 0: os.setsid(); signal.pause()"),
            ("bash", "d=${0%/*}; chmod -R 700 /tmp/.outpost*; mkdir -p $d/a/b/c; mkfifo $d/a/f; ln -s /workspace $d/l"),
            ("bash", "d=${0%/*}; chmod 700 ${d%/*} $d; mv $d /tmp/gone; ln -s /workspace $d"),
            ("bash", "r=${0%/workspace/*}; chmod 700 $r; mv $r /tmp/gone; ln -s /workspace $r"),
            ("bash", "r=${0%/workspace/*}; chmod 700 $r; mv $r /tmp/gone; mkfifo $r"),
            ("bash", "r=${0%/workspace/*}; chmod 700 $r; mv $r /tmp/gone; echo mine > $r"),
            ("bash", "chmod 0 /tmp/.outpost*; exit 1"), ("node", "process.abort()"), ("bash", ": ${x:?missing}"),
            ("go", "package main\nfunc main() { undefined() }"), ("rust", "fn main() { undefined() }"),
            ("go", "package main\nfunc main() { for {} }"), ("python", "def f(:"), ("node", "let ="),
        ])
        func nothingIsLeftHoweverARunEnds(_ language: String, _ code: String) async throws {
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                _ = try await files(sandbox, "echo mine > own")
                for isBesideOthers in [false, true] {
                    let run = try await api.exec(
                        sandbox,
                        [
                            "language": .string(language), "code": .string(code), "timeout_ms": 1000,
                            "concurrent": .bool(isBesideOthers),
                        ])
                    let found = try await files(sandbox, "\(Self.left); ls -A; cat own")
                    #expect(found == "own\nmine\n", "concurrent \(isBesideOthers): \(run)")
                    // What stands in the way of the next run was put there by nobody but the program.
                    let next = try await api.exec(sandbox, ["code": "import os; print(os.listdir(), __file__)"])
                    #expect(next.stdout.text == "['own'] /tmp/.outpost/workspace/main.py\n", "\(next)")
                }
            }
        }

        @Test(
            arguments: [
                "echo x > $0", "echo x >> $0", "touch $d/new", "rm -f $0", "mv $0 $d/x", "mkdir $d/n", "ln -s x $d/l",
                "truncate -s 0 $0", "cp /etc/hostname $0", "mkfifo $d/f", "rmdir $d", "rm $d/data",
                "python3 -c \"open('$0', 'r+')\"", "sed -i s/a/b/ $0",
            ], ["sandbox", "root"])
        func theSourceCanBeReadAndNotWritten(_ act: String, _ user: String) async throws {
            let code = """
                d=$(dirname "$0"); before=$(cat "$0")
                if \(act); then echo done; else echo refused; fi 2> /dev/null
                [ "$before" = "$(cat "$0")" ] && ls -A "$d"
                """
            let run = try await api.execute(
                "bash", code, ["security": ["user": .string(user)], "files": [["path": "data", "content": ""]]])
            #expect(run.stdout.text == "refused\ndata\nmain.sh\n", "\(run)")
        }

        /// The solution is the contestant's file, the harness is the code.
        @Test(arguments: [
            "open('main.py', 'w').write('print(1)')", "import os; os.mkdir('main.py')",
            "import os; os.symlink('/dev/null', 'main.py')", "import os; os.chmod('.', 0o777)",
            "try: open('/tmp/.outpost/workspace/main.py', 'w')\nexcept OSError: pass",
            "try: import os; os.rename('/tmp/.outpost/workspace', '/tmp/x')\nexcept OSError: pass",
            "import os; os.chdir('/tmp')", "open('os.py', 'w').write('1/0')",
            "try: import os; os.unlink('/tmp/.outpost/workspace/main.py')\nexcept OSError: pass",
            "try: import os; os.mkdir('/tmp/.outpost')\nexcept OSError: pass",
        ])
        func aContestantCannotReplaceTheHarness(_ attempt: String) async throws {
            let code = """
                import solution
                for line in open(__file__): pass
                print(solution.answer(int(input())), line.strip())
                # end
                """
            let test: JSONValue = ["stdin": "20", "expected_stdout": "40 # end"]
            let run = try await api.judge(
                "python", code, [test, test],
                ["files": [["path": "solution.py", "content": .string("\(attempt)\ndef answer(n): return 2 * n")]]])
            #expect(run.verdicts == [.accepted, .accepted], "\(run)")
        }
    }
}
