// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Both streams of a program in one record.
    @Suite(.serialized) struct InterleavedOutputs {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private func text(_ execution: Execution) -> String {
            (execution.output ?? []).map {
                ($0.stream == .stdout ? "<" : ">") + String(decoding: $0.bytes, as: UTF8.self)
            }.joined()
        }

        /// What is written, and by how much it alternates: `<` and `>` stand for the two streams.
        @Test(arguments: [
            ("bash", "for i in {1..500}; do echo $i; echo $i >&2; done", (1...500).map { "<\($0)\n>\($0)\n" }.joined()),
            ("bash", "echo a >&2; echo b >&2; echo c; echo d >&2", ">a\nb\n<c\n>d\n"),
            (
                "bash", "echo a; (echo b >&2); echo c | cat; cat nothing; echo d",
                "<a\n>b\n<c\n>cat: nothing: No such file or directory\n<d\n"
            ),
            (
                "bash", "node -e 'for (let i = 0; i < 200; i++) { console.log(i); console.error(i) }'",
                (0..<200).map { "<\($0)\n>\($0)\n" }.joined()
            ),
            ("bash", "echo a; echo b >&2; exec 2>&1; echo c; echo d >&2", "<a\n>b\n<c\nd\n"),
            (
                "python", "import os\nfor i in range(2000): os.write(1 + i % 2, b'x')",
                String(repeating: "<x>x", count: 1000)
            ),
            ("python", "import sys\nprint('a', flush=True)\nprint('b', file=sys.stderr)\nprint('c')", "<a\n>b\n<c\n"),
            (
                "python", "import os\nos.write(2, b'x' * 10000)\nos.write(1, b'y' * 10000)\nos.write(2, b'z')",
                ">" + String(repeating: "x", count: 10000) + "<" + String(repeating: "y", count: 10000) + ">z"
            ),
            ("python", "import os\nos.write(1, b'\\xc3')\nos.write(2, b'-')\nos.write(1, b'\\xa9')", ">-<é"),
            ("python", "import os\nos.write(1, b'a')\nos.close(1)\nos.write(2, b'b')", "<a>b"),
            ("python", "import os\nos.set_blocking(1, False)\nos.write(1, b'a')\nos.write(2, b'b')", "<a>b"),
            (
                "python", "import os\nif os.fork() == 0: os.write(1, b'a'); os._exit(0)\nos.wait()\nos.write(2, b'b')",
                "<a>b"
            ),
            (
                "node", "for (let i = 0; i < 200; i++) { console.log(i); console.error(i) }",
                (0..<200).map { "<\($0)\n>\($0)\n" }.joined()
            ),
            ("bash", "true", ""),
            (
                "bash", "exec nothing-of-this-name",
                ">/tmp/.outpost/workspace/main.sh: line 1: exec: nothing-of-this-name: not found\n"
            ),
        ])
        func theOrderIsTheProgramsOwn(language: String, code: String, expected: String) async throws {
            let execution = try await api.execute(language, code, ["interleaved": true])
            #expect(text(execution) == expected, "\(execution.stderr.text)")
            let pieces = execution.output ?? []
            for (stream, output) in [(LiveOutput.Stream.stdout, execution.stdout), (.stderr, execution.stderr)] {
                #expect(pieces.filter { $0.stream == stream }.flatMap(\.bytes) == output.bytes)
            }
        }

        @Test func aCompilersProgramAndAnAheadStartedOneAreInOrder() async throws {
            let go = """
                package main
                import "os"
                func main() { for i := 0; i < 3; i++ { os.Stdout.WriteString("o"); os.Stderr.WriteString("e") } }
                """
            #expect(text(try await api.execute("go", go, ["interleaved": true])) == "<o>e<o>e<o>e")
            for _ in 0..<5 {
                let code = "import os\nfor i in range(100): os.write(1 + i % 2, b'x')"
                let execution = try await api.execute("python", code, ["interleaved": true])
                #expect(text(execution) == String(repeating: "<x>x", count: 50))
            }
        }

        @Test func nobodyGetsItUnasked() async throws {
            let body: JSONValue = ["language": "bash", "code": "echo a; echo b >&2"]
            let answer = try await api.send("POST", api.sandboxPath("/execute"), json: body)
            #expect(try answer.json()["output"] == nil)
        }

        /// What is left out is left out here too, and a program that is killed loses nothing that it has written.
        @Test func limitsHold() async throws {
            let code = "import os\nfor i in range(4000): os.write(1 + i % 2, b'%d\\n' % i)"
            let cut = try await api.execute(
                "python", code, ["interleaved": true, "resource_limits": ["max_output_bytes": 1000]])
            #expect(text(cut).hasPrefix("<0\n>1\n<2\n"))
            #expect(text(cut).hasSuffix("<3998\n>3999\n"))
            #expect(cut.stdout.bytes.count == 1000)
            #expect(cut.output?.map(\.bytes.count).reduce(0, +) == 2000)
            let killed = try await api.execute(
                "python", "import os\nos.write(2, b'a')\nos.write(1, b'b')\nwhile True: pass",
                ["interleaved": true, "cpu_time_ms": 300])
            #expect(text(killed) == ">a<b")
            let endless = try await api.execute(
                "bash", "while :; do echo a; echo b >&2; done",
                ["interleaved": true, "timeout_ms": 1500, "resource_limits": ["max_output_bytes": 100_000]])
            #expect(endless.status == .timedOut)
            #expect((endless.output?.count ?? 0) <= OutputOrder.mostTurns + 2)
        }

        @Test func bytesThatAreNotTextComeInOrderToo() async throws {
            let code = "import os\nos.write(1, b'\\xff')\nos.write(2, b'text')\nos.write(1, b'\\xfe')"
            let execution = try await api.execute("python", code, ["interleaved": true])
            #expect(
                execution.output == [
                    OutputPiece(stream: .stdout, bytes: [0xff]),
                    OutputPiece(stream: .stderr, bytes: Array("text".utf8)),
                    OutputPiece(stream: .stdout, bytes: [0xfe]),
                ])
        }

        @Test func aJobAndASandboxHaveItToo() async throws {
            let job = try await api.submitJob("bash", "echo a; echo b >&2; echo c", ["interleaved": true])
            #expect(text(try #require(try await api.ended(job).result)) == "<a\n>b\n<c\n")
            let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
            let execution = try await api.exec(sandbox, ["code": "echo a; echo b >&2; echo c", "interleaved": true])
            #expect(text(execution) == "<a\n>b\n<c\n")
        }
    }
}
