// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct ProgramOutput {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test func bytesThatAreNotTextComeAsBase64() async throws {
            let code = "import sys\nsys.stdout.buffer.write(bytes(range(256)))\nprint('text', file=sys.stderr)"
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: ["language": "python", "code": .string(code)])
            let json = try answer.json()
            #expect(json["stdout_encoding"] == "base64")
            #expect(json["stderr_encoding"] == "utf-8")
            #expect(try answer.decoded(Execution.self).stdout.bytes == Array(0...255))
        }

        @Test func controlCharactersSurviveTheWay() async throws {
            let text = "\u{FEFF}\u{1B}[31mred\u{0}\u{7F}\r\n\u{202E}\u{2028}\"\\"
            let execution = try await api.execute(
                "python", "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())",
                ["stdin": .string(text)])
            #expect(execution.stdout.bytes == Array(text.utf8))
        }

        @Test func outputIsCutAtTheCapAndCountedInFull() async throws {
            let code = """
                import sys
                sys.stdout.write('a' * 300_000)
                sys.stderr.write('b' * 10)
                """
            let execution = try await api.execute("python", code, limits(["max_output_bytes": 1000]))
            #expect(execution.status == .succeeded)
            #expect(
                execution.stdout
                    == CapturedOutput(
                        bytes: Array(repeating: UInt8(ascii: "a"), count: 1000), total: 300_000, headCount: 750))
            #expect(
                execution.stderr == CapturedOutput(bytes: Array(repeating: UInt8(ascii: "b"), count: 10), total: 10))
            #expect(execution.stdout.isTruncated)
            #expect(!execution.stderr.isTruncated)
        }

        @Test(arguments: [("both", "last\n"), ("head", "0\n1\n")]) func whatMattersAtTheEndIsKept(
            keep: String, part: String
        ) async throws {
            let code = "for i in range(100_000): print(i)\nprint('last')"
            let execution = try await api.execute(
                "python", code, ["output_keep": .string(keep), "resource_limits": ["max_output_bytes": 1000]])
            #expect(execution.stdout.text.hasPrefix("0\n1\n2\n"))
            #expect(execution.stdout.text.contains(part))
            #expect(execution.stdout.text.hasSuffix("last\n") == (keep == "both"))
            #expect(execution.stdout.headCount == (keep == "both" ? 750 : 1000))
        }

        @Test func aProgramThatIsKilledWithinACharacterWroteText() async throws {
            let code = "import os, signal\nos.write(1, 'naïve 日'.encode()[:-1])\nos.kill(os.getpid(), signal.SIGKILL)"
            let execution = try await api.execute("python", code)
            #expect(execution.signal == "SIGKILL")
            #expect(execution.stdout.text == "naïve ")
            #expect(execution.stdout.total == 9)
        }

        @Test func aCutCharacterIsLeftOutOfTheText() async throws {
            let execution = try await api.execute("python", "print('é' * 100)", limits(["max_output_bytes": 5]))
            #expect(execution.stdout.text == "éé\n")
            #expect(execution.stdout.total == 201)
        }

        @Test func endlessOutputEndsWithTheRunAndIsCounted() async throws {
            let code = "import os\nblock = b'y' * 65536\nwhile True: os.write(1, block)"
            var execution = try await api.execute("python", code, limits(["timeout_ms": 1000]))
            // On a busy machine that may be too short for as much as is kept.
            if execution.stdout.total <= 1 << 20 {
                execution = try await api.execute("python", code, limits(["timeout_ms": 30_000]))
            }
            #expect(execution.status == .timedOut)
            #expect(execution.stdout.bytes.count == 1 << 20)
            #expect(execution.stdout.total > 1 << 20)
        }

        @Test func theLastWriteBeforeTheEndIsNeverLost() async throws {
            let code = "import os\nos.write(1, b'z' * 65536)\nos._exit(0)"
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                for _ in 0..<10 {
                    let execution = try await api.exec(sandbox, code: code)
                    #expect(execution.stdout.total == 65_536)
                    #expect(execution.stdout.bytes.count == 65_536)
                }
            }
        }

        @Test func aProgramMayCloseItsStreams() async throws {
            let code = "import os\nos.write(1, b'before')\nfor stream in (0, 1, 2): os.close(stream)\nos._exit(7)"
            let execution = try await api.execute("python", code)
            #expect(execution.exitCode == 7)
            #expect(execution.stdout.text == "before")
        }

        private func limits(_ limits: JSONValue) -> JSONValue {
            ["resource_limits": limits]
        }
    }
}
