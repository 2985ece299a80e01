// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs of a judge's own, and comparisons.
    @Suite(.serialized) struct JudgeCheckers {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// Any two numbers whose sum is the input's are right.
        private static let checkers: [(String, String)] = [
            (
                "python",
                """
                import sys
                wanted, words = int(open(sys.argv[1]).read()), open(sys.argv[2]).read().split()
                assert open(sys.argv[3]).read() == 'the answer', 'broken'
                if len(words) != 2: sys.exit(2)
                a, b = map(int, words)
                print('the sum is', a + b, file=sys.stderr)
                sys.exit(0 if a + b == wanted else 1)
                """
            ),
            (
                "bash",
                """
                read wanted < "$1"; read a b rest < "$2"
                [ "$(cat "$3")" = "the answer" ] || exit 3
                [ -n "$b" ] && [ -z "$rest" ] || exit 2
                echo "the sum is $((a + b))" >&2
                [ $((a + b)) -eq "$wanted" ]
                """
            ),
            (
                "go",
                """
                package main
                import ("fmt"; "os")
                func main() {
                    in, _ := os.Open(os.Args[1]); out, _ := os.Open(os.Args[2]); ans, _ := os.ReadFile(os.Args[3])
                    if string(ans) != "the answer" { os.Exit(3) }
                    var wanted, a, b int
                    fmt.Fscan(in, &wanted)
                    if n, _ := fmt.Fscan(out, &a, &b); n != 2 { os.Exit(2) }
                    fmt.Fprintln(os.Stderr, "the sum is", a + b)
                    if a + b != wanted { os.Exit(1) }
                }
                """
            ),
        ]

        @Test(arguments: checkers) func aCheckerDecides(_ language: String, _ code: String) async throws {
            let tests = ["1 41", "40 2", "20 23", "7", ""].map { output -> JSONValue in
                ["stdin": "42", "args": [.string(output)], "expected_stdout": "the answer"]
            }
            let execution = try await api.judge(
                "bash", "echo $1", .array(tests),
                ["checker": ["language": .string(language), "code": .string(code)]])
            #expect(
                execution.verdicts == [.accepted, .accepted, .wrongAnswer, .wrongAnswer, .wrongAnswer], "\(execution)")
            let messages = execution.tests?.map(\.message) ?? []
            #expect(messages.prefix(3) == ["the sum is 42\n", "the sum is 42\n", "the sum is 43\n"])
            #expect(execution.tests?.map(\.stdout.text).first == "1 41\n")
        }

        @Test(arguments: [
            ("python", "import sys; sys.exit(3)"), ("python", "raise SystemExit(7)"), ("bash", "kill -SEGV $$"),
            ("bash", "exit 255"), ("python", "x = bytearray(2 << 30)"), ("bash", "nosuchcommand"),
            ("go", "package main\nfunc main() { panic(1) }\nvar x int = 1\n// exit code 2, which means wrong"),
            ("go", "package main\nfunc main() { nothing() }"), ("rust", "fn main() { std::process::exit(101) }"),
            ("node", "process.exit(9)"), ("python", "import os; os.kill(os.getpid(), 9)"),
        ]) func aCheckerThatDoesNotDecideIsAJudgesError(_ language: String, _ code: String) async throws {
            let execution = try await api.judge(
                "bash", "echo 1", [["expected_stdout": "1"]],
                ["checker": ["language": .string(language), "code": .string(code)]])
            let isTestlibsWrong = code.contains("exit code 2")
            #expect(execution.verdicts == [isTestlibsWrong ? .wrongAnswer : .judgeError], "\(execution)")
            #expect(execution.status == .failed)
        }

        @Test func theProgramCannotReachItsChecker() async throws {
            let execution = try await api.judge(
                "bash", "ls -A /tmp . | tee /tmp/judge; mkdir -p /tmp/judge; echo 1 > answer; cat /tmp/judge/answer",
                [["expected_stdout": "1"]],
                [
                    "checker": ["language": "bash", "code": "ls -A /workspace /tmp/judge; [ ! -e /workspace/answer ]"],
                    "files": [["path": "theirs", "content": "x"]], "env": [["BASH_ENV", "/workspace/theirs"]],
                ])
            let test = try #require(execution.tests?.first)
            #expect(test.verdict == .runtimeError, "\(test)")
            #expect(!test.stdout.text.contains("output"))
            let other = try await api.judge(
                "bash", "echo 1 > answer", [[:]],
                ["checker": ["language": "bash", "code": "[ ! -e /workspace/answer ] && [ ! -s \"$3\" ]"]])
            #expect(other.verdicts == [.accepted], "\(other)")
        }

        @Test func aJobHasACheckerToo() async throws {
            let job = try await api.submitJob(
                "bash", "echo 2",
                ["tests": [["expected_stdout": "2"]], "checker": ["language": "bash", "code": "cmp $2 <(echo 2)"]])
            #expect(try await api.ended(job).result?.verdicts == [.accepted])
        }

        @Test func numbersAndLinesAreCompared() async throws {
            let tests: JSONValue = [
                ["args": ["0.30000000000000004  x"], "expected_stdout": "0.3 x"],
                ["args": ["0.31 x"], "expected_stdout": "0.3 x"], ["args": ["nan x"], "expected_stdout": "0.3 x"],
            ]
            let numbers = try await api.judge("bash", "echo \"$1\"", tests, ["compare": ["numbers": 1e-6]])
            #expect(numbers.verdicts == [.accepted, .wrongAnswer, .wrongAnswer])
            let lines = try await api.judge(
                "bash", "printf '%b' \"$1\"",
                [
                    ["args": ["a b  \\n\\n"], "expected_stdout": "a b"],
                    ["args": ["a  b\\n"], "expected_stdout": "a b"],
                ], ["compare": "lines"])
            #expect(lines.verdicts == [.accepted, .wrongAnswer], "\(lines)")
        }

        private static let refusals: [(JSONValue, Int, String)] = [
            (["checker": ["language": "cobol", "code": ""]], 400, "checker.language"),
            (["checker": ["language": "bash"]], 400, "checker.code"),
            (["checker": ["language": "bash", "code": ""], "compare": "exact"], 400, "checker"),
            (["compare": ["numbers": 0]], 400, "compare.numbers"), (["compare": ["words": 1]], 400, "compare.words"),
        ]

        @Test(arguments: refusals) func whatCannotBeIsNamed(_ extra: JSONValue, _ status: Int, _ field: String)
            async throws
        {
            for path in ["/execute", "/jobs"] {
                let body: JSONValue = ["language": "bash", "code": "cat", "tests": [[:]]]
                let answer = try await api.send("POST", api.sandboxPath(path), json: body.adding(extra))
                #expect(answer.status == status, "\(answer)")
                #expect(try answer.error().details.map(\.field).contains(field))
            }
        }
    }
}
