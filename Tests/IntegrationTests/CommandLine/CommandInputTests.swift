// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What a person at a shell gives to a program's standard input.
    @Suite(.serialized) struct CommandInput {
        let server: ServerFixture

        init() throws { server = try SharedServer.server }

        /// Runs a script of bash in a folder of its own, in which `run` is `outpost run --language bash -c`.
        private func shell(_ script: String) async throws -> String {
            let start = """
                set -euo pipefail
                export OUTPOST_URL=http://127.0.0.1:\(server.port) OUTPOST_TOKEN=\(try server.dataDirectory.adminToken())
                run() { '\(try ServerBinary.path())' run --language bash -c "$@"; }
                cd "$(dirname "$0")"

                """
            return try await TemporaryDirectory.with { folder in
                let path = folder + "/script"
                try Data((start + script).utf8).write(to: URL(fileURLWithPath: path))
                return try await HostCommand.run("bash", path)
            }
        }

        /// The second line is written only when the answer to the first one has come.
        @Test func linesOfAPipeReachTheProgramAsTheyCome() async throws {
            let output = try await shell(
                """
                touch out
                (echo one; until grep -q 'got one' out; do sleep 0.02; done; echo two) \\
                  | run 'while read -r x; do echo "got $x"; done; echo end' > out 2>&1
                cat out
                """)
            #expect(output == "got one\ngot two\nend\n")
        }

        @Test func aFileAFewBytesAndNothingReachTheProgram() async throws {
            let output = try await shell(
                """
                head -c 5000000 /dev/zero > file
                run 'wc -c' < file
                printf 'abc' | run 'wc -c'
                printf 'abc' > file
                run 'wc -c' < file
                run 'wc -c' < /dev/null
                run 'wc -c' <&-
                """)
            #expect(output == "5000000\n3\n3\n0\n0\n")
        }

        /// The writer lives on, and the command does not wait for it.
        @Test func theCommandEndsWithItsProgramAndSaysNothingAboutUnreadInput() async throws {
            let output = try await shell(
                """
                exec 3< <(echo first; exec sleep 300)
                writer=$!
                run 'read -r x; echo "got $x"; exit 3' <&3 2>&1 || echo "code $?"
                kill $writer
                yes | run 'head -n 2' 2>&1 || echo "codes ${PIPESTATUS[*]}"
                """)
            #expect(output.hasPrefix("got first\ncode 3\ny\ny\n"), "\(output)")
            #expect(!output.contains("outpost:"), "\(output)")
        }

        @Test func muchInputPassesThroughLittleMemory() async throws {
            let output = try await shell(
                """
                measure='import resource, subprocess, sys
                code = subprocess.run(sys.argv[1:]).returncode
                print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)'
                (yes || true) | head -c 100M \\
                  | python3 -c "$measure" '\(try ServerBinary.path())' run --language bash -c 'wc -c'
                """)
            let lines = output.split(separator: "\n")
            #expect(lines.first == "104857600", "\(output)")
            let numbers = lines.last?.split(separator: " ").compactMap { Int($0) } ?? []
            #expect(numbers.first == 0 && numbers.last.map { $0 < 256 } == true, "\(output)")
        }

        @Test func aPersonAtATerminalAnswersTheProgram() async throws {
            let output = try await shell(
                #"""
                cat > person.py <<'EOT'
                import os, pty, sys
                child, terminal = pty.fork()
                if child == 0:
                    os.execv(sys.argv[1], sys.argv[1:])
                seen = b""
                def wait_for(text):
                    global seen
                    while text not in seen:
                        seen += os.read(terminal, 4096)
                    seen = seen[seen.index(text) + len(text):]
                wait_for(b"name? ")
                os.write(terminal, b"Ann\n")
                wait_for(b"hello Ann")
                os.write(terminal, b"more\n\x04")
                wait_for(b"rest more")
                print("code", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                EOT
                """#
                    + "\npython3 person.py '\(try ServerBinary.path())' run --language bash -c "
                    + #"'printf "name? "; read -r x; echo "hello $x"; echo "rest $(cat)"; exit 4'"# + "\n")
            #expect(output == "code 4\n")
        }

        /// It would be stopped if it read the terminal then.
        @Test func inTheBackgroundOfATerminalTheCommandGoesOn() async throws {
            let output = try await shell(
                #"""
                cat > background.py <<'EOT'
                import os, pty, signal, sys
                child, terminal = pty.fork()
                if child == 0:
                    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                    job = os.fork()
                    if job == 0:
                        os.setpgid(0, 0)
                        os.execv(sys.argv[1], sys.argv[1:])
                    status = os.waitpid(job, os.WUNTRACED)[1]
                    print("stopped" if os.WIFSTOPPED(status) else "code %d" % os.waitstatus_to_exitcode(status), flush=True)
                    os._exit(0)
                seen = b""
                try:
                    while part := os.read(terminal, 4096):
                        seen += part
                except OSError:
                    pass
                print(seen.decode().replace("\r", ""), end="")
                EOT
                """#
                    + "\npython3 background.py '\(try ServerBinary.path())' run --language bash -c "
                    + "'sleep 0.5; echo done'\n")
            #expect(output == "done\ncode 0\n")
        }

        @Test func codeFromStandardInputIsNoInput() async throws {
            let output = try await shell(
                """
                printf 'import sys; print(repr(sys.stdin.read()))' > code
                '\(try ServerBinary.path())' run --language python - < code
                """)
            #expect(output == "''\n")
        }

        @Test func aSandboxTakesTheInputToo() async throws {
            let output = try await shell(
                """
                outpost='\(try ServerBinary.path())'
                id=$("$outpost" sandbox launch --language bash)
                (echo one; sleep 0.3; echo two) | "$outpost" sandbox exec $id -c 'cat; echo end'
                head -c 1000000 /dev/zero | "$outpost" sandbox exec $id --command -- wc -c
                "$outpost" sandbox delete $id > /dev/null
                """)
            #expect(output == "one\ntwo\nend\n1000000\n")
        }
    }
}
