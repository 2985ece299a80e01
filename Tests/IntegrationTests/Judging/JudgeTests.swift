// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs with tests.
    @Suite(.serialized) struct Judging {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// The sum of two numbers, in a compiled language, an interpreted one that is started ahead, and a shell.
        private static let sums = [
            ("python", "a, b = map(int, input().split())\nprint(a + b)"), ("bash", "read a b\necho $((a + b))"),
            ("node", "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number)\nconsole.log(a + b)"),
            (
                "go",
                "package main\nimport \"fmt\"\nfunc main() { var a, b int; fmt.Scan(&a, &b); fmt.Println(a + b) }\n"
            ),
            (
                "rust",
                """
                fn main() {
                    let mut line = String::new();
                    std::io::stdin().read_line(&mut line).unwrap();
                    println!("{}", line.split_whitespace().map(|n| n.parse::<i64>().unwrap()).sum::<i64>());
                }
                """
            ),
        ]

        @Test(arguments: sums) func everyLanguageIsJudged(_ language: String, _ code: String) async throws {
            let execution = try await api.judge(
                language, code,
                [
                    ["stdin": "1 2", "expected_stdout": "3"], ["stdin": "20 22", "expected_stdout": " 42 \r\n"],
                    ["stdin": "1 1", "expected_stdout": "3\n"], ["stdin": "5 5"],
                ])
            #expect(execution.verdicts == [.accepted, .accepted, .wrongAnswer, .accepted], "\(execution)")
            #expect(execution.status == .failed)
            let tests = try #require(execution.tests)
            #expect(tests.map(\.stdout.text) == ["3\n", "42\n", "2\n", "10\n"])
            for test in tests {
                #expect(test.exitCode == 0)
                #expect(test.signal == nil)
                #expect(test.durationMilliseconds > 0)
                #expect(test.cpuTimeMilliseconds > 0)
                #expect(test.memoryPeakBytes > 0)
            }
            #expect(execution.memoryPeakBytes == tests.map(\.memoryPeakBytes).max())
            #expect(execution.stdout.total == 0)
            #expect((execution.compile != nil) == (language == "go" || language == "rust"))
        }

        @Test func everyVerdictIsToldApart() async throws {
            let execution = try await api.judge(
                "python",
                """
                import os, sys
                match sys.argv[1]:
                    case "answer": print("42")
                    case "loop":
                        while True: pass
                    case "sleep": import time; time.sleep(60)
                    case "memory": x = bytearray(400 << 20)
                    case "shout": sys.stdout.write("x" * 200_000)
                    case "complain": print("42"); sys.stderr.write("x" * 200_000)
                    case "exit": print("42"); sys.exit(3)
                    case "raise": raise ValueError("no")
                    case "signal": os.kill(os.getpid(), 11)
                    case "disk":
                        with open("big", "wb") as big:
                            while True: big.write(bytes(1 << 20))
                """,
                [
                    ["args": ["answer"], "expected_stdout": "42"], ["args": ["answer"], "expected_stdout": "43"],
                    ["args": ["loop"], "time_limit_ms": 300], ["args": ["sleep"], "wall_time_limit_ms": 300],
                    ["args": ["memory"], "memory_limit_mb": 128], ["args": ["memory"], "memory_limit_mb": 1024],
                    ["args": ["shout"]], ["args": ["complain"], "expected_stdout": "42"],
                    ["args": ["exit"], "expected_stdout": "42"], ["args": ["raise"]], ["args": ["signal"]],
                    ["args": ["disk"]],
                ], ["resource_limits": ["max_output_bytes": 100_000, "disk_mb": 16]])
            #expect(
                execution.verdicts == [
                    .accepted, .wrongAnswer, .timeLimitExceeded, .timeLimitExceeded, .memoryLimitExceeded, .accepted,
                    .outputLimitExceeded, .accepted, .runtimeError, .runtimeError, .runtimeError, .runtimeError,
                ], "\(execution)")
            let tests = try #require(execution.tests)
            #expect(tests[6].stdout.bytes.count == 100_000)
            #expect(tests[6].stdout.total > 100_000)
            #expect(tests[7].stderr.isTruncated)
            #expect(tests[8].exitCode == 3)
            #expect(tests[9].stderr.text.contains("ValueError: no"))
            #expect(tests[10].signal == "SIGSEGV")
            #expect(tests[2].limit == .cpu)
            #expect(tests[2].cpuTimeMilliseconds >= 300)
            #expect(tests[3].limit == .wall)
            #expect(tests[3].durationMilliseconds >= 300)
            #expect(tests[3].cpuTimeMilliseconds < 300)
        }

        @Test(arguments: [
            (
                "bash",
                """
                for name in here /tmp/there /dev/shm/everywhere; do
                    [ -e $name ] && echo found $name
                    echo left > $name
                done
                echo clean
                """
            ),
            (
                "go",
                """
                package main
                import ("fmt"; "os")
                func main() {
                    for _, name := range []string{"here", "/tmp/there", "/dev/shm/everywhere"} {
                        if _, err := os.Stat(name); err == nil { fmt.Println("found", name) }
                        os.WriteFile(name, []byte("left"), 0o600)
                    }
                    fmt.Println("clean")
                }
                """
            ),
        ]) func whatOneTestWritesTheNextDoesNotSee(_ language: String, _ code: String) async throws {
            let execution = try await api.judge(
                language, code, .array(Array(repeating: ["expected_stdout": "clean"], count: 5)))
            #expect(execution.status == .succeeded, "\(execution)")
            #expect(execution.verdicts == Array(repeating: .accepted, count: 5))
        }

        @Test func afterAFailureTheRestIsSkippedIfThatIsAskedFor() async throws {
            let tests: JSONValue = [
                ["stdin": "1", "expected_stdout": "1"], ["stdin": "2", "expected_stdout": "1"], ["stdin": "1"],
            ]
            let execution = try await api.judge("bash", "cat", tests, ["stop_on_failure": true])
            #expect(execution.verdicts == [.accepted, .wrongAnswer, .skipped])
            #expect(execution.status == .failed)
            let all = try await api.judge("bash", "cat", tests, ["stop_on_failure": false])
            #expect(all.verdicts == [.accepted, .wrongAnswer, .accepted])
        }

        @Test func exactIsByteForByte() async throws {
            let tests: JSONValue = [
                ["args": ["42"], "expected_stdout": "42\n"], ["args": ["42"], "expected_stdout": "42"],
                ["args": ["é"], "expected_stdout": "e\u{301}\n"],
            ]
            let execution = try await api.judge("bash", "echo $1", tests, ["compare": "exact"])
            #expect(execution.verdicts == [.accepted, .wrongAnswer, .wrongAnswer])
        }

        @Test func twoHundredTestsAreOneCall() async throws {
            let tests = (0..<200).map { number -> JSONValue in
                ["stdin": .string("\(number)"), "expected_stdout": .string("\(number * number)")]
            }
            let execution = try await api.judge("python", "n = int(input()); print(n * n)", .array(tests))
            #expect(execution.status == .succeeded)
            #expect(execution.verdicts == Array(repeating: .accepted, count: 200))
        }

        @Test func bytesThatAreNoTextAreRead() async throws {
            let execution = try await api.judge(
                "bash", "od -An -tx1", [["stdin_base64": "/wA=", "expected_stdout": "ff 00"]])
            #expect(execution.verdicts == [.accepted])
        }

        @Test func filesAndVariablesAreThereForEachTest() async throws {
            let execution = try await api.judge(
                "bash", "cat data.txt; echo $NAME $*",
                [["args": ["b"], "expected_stdout": "x v a b"], ["expected_stdout": "x v a"]],
                ["files": [["path": "data.txt", "content": "x\n"]], "env": [["NAME", "v"]], "args": ["a"]])
            #expect(execution.verdicts == [.accepted, .accepted], "\(execution)")
        }

        @Test func aJobIsJudgedToo() async throws {
            let tests: JSONValue = [
                ["stdin": "1", "expected_stdout": "1"], ["stdin": "2", "expected_stdout": "1"], ["stdin": "1"],
            ]
            let body: JSONValue = ["language": "bash", "code": "cat", "tests": tests, "stop_on_failure": true]
            let job = try await api.send("POST", api.sandboxPath("/jobs"), json: body).decoded(Job.self, status: 201)
            let ended = try await api.send("GET", api.sandboxPath("/jobs/\(job.id)?wait_secs=300")).decoded(Job.self)
            #expect(ended.status == .failed)
            #expect(ended.result?.verdicts == [.accepted, .wrongAnswer, .skipped])
        }

        @Test func aDeletedSandboxSkipsTheRest() async throws {
            let sandbox = try await api.createSandbox(["language": "bash"])
            let body: JSONValue = [
                "language": "bash", "code": "sleep $1", "sandbox_id": .string("\(sandbox.id)"),
                "tests": [["args": ["0"]], ["args": ["60"]], ["args": ["0"]]],
            ]
            async let pending = api.execute(body)
            #expect(try await eventually { try await api.sandbox(sandbox.id).status == .running })
            try await api.deleteSandbox(sandbox.id)
            let execution = try await pending
            #expect(execution.status == .cancelled)
            #expect(execution.verdicts?.suffix(2) == [.skipped, .skipped], "\(execution)")
        }
    }
}
