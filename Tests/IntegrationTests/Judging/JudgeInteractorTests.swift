// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs that talk with one of the judge's own.
    @Suite(.serialized) struct JudgeInteractors {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// Answers up to twelve questions about the number in its input, and writes down how many there were.
        private static let guessing = """
            import sys
            secret = int(open(sys.argv[1]).read())
            for question in range(1, 13):
                line = sys.stdin.readline()
                if not line.strip():
                    print('no question', file=sys.stderr); sys.exit(2)
                if line[0] == '!':
                    open(sys.argv[2], 'w').write(str(question))
                    right = int(line[1:]) == secret and open(sys.argv[3]).read() == 'known'
                    print(question, 'questions', file=sys.stderr); sys.exit(0 if right else 1)
                print('<' if secret < int(line[1:]) else '>=', flush=True)
            print('too many questions', file=sys.stderr); sys.exit(1)
            """

        private static let search = """
            low, high = 0, 1000
            while high - low > 1:
                middle = (low + high) // 2
                print('?', middle, flush=True)
                if input() == '<': high = middle
                else: low = middle
            print('!', low, flush=True)
            """

        /// A program, the verdict, and what the interactor says.
        static let programs: [(code: String, verdict: Verdict, message: String?)] = [
            (search, .accepted, "11 questions"),
            // It goes on for a while when the interactor has its answer.
            (search + "\nprint('bye' * 100, flush=True)", .accepted, "11 questions"),
            (search + "\nimport sys\nprint(repr(sys.stdin.read()), flush=True)", .accepted, "11 questions"),
            (search + "\nimport time\ntime.sleep(0.5)\nprint('!', 1, flush=True)", .accepted, "11 questions"),
            (search + "\nraise SystemExit(3)", .runtimeError, nil),
            ("print('!', 17, flush=True)", .wrongAnswer, "1 questions"),
            ("print('!', 421)", .accepted, "1 questions"),
            ("while True:\n  print('?', 1, flush=True)\n  input()", .wrongAnswer, "too many questions"),
            // Questions that are never asked, since they stay in the program.
            ("import sys\nprint('?', 1)\nsys.stdin.readline()", .timeLimitExceeded, nil),
            ("input()", .timeLimitExceeded, nil), ("while True: pass", .timeLimitExceeded, nil),
            ("import time\ntime.sleep(60)", .timeLimitExceeded, nil),
            ("", .wrongAnswer, "no question"), ("print('?', 1, flush=True)", .wrongAnswer, "no question"),
            ("raise SystemExit(1)", .runtimeError, nil),
            ("import os\nos.kill(os.getpid(), 11)", .runtimeError, nil),
            ("x = bytearray(300 << 20)", .memoryLimitExceeded, nil),
            // What is no number makes the interactor itself fail.
            ("print('? x', flush=True)\ninput()", .wrongAnswer, nil),
            ("import os\nos.close(1)\nos.close(0)\nimport time\ntime.sleep(0.1)", .wrongAnswer, "no question"),
            (
                "import os\nif os.fork() == 0:\n  os.setsid()\n  os.execvp('sleep', ['sleep', '600'])", .wrongAnswer,
                "no question"
            ),
        ]

        @Test(arguments: programs)
        func theVerdictIsTheInteractorsUnlessTheProgramFailed(
            code: String, verdict: Verdict, message: String?
        ) async throws {
            let test: JSONValue = [
                "stdin": "421", "expected_stdout": "known", "time_limit_ms": 700, "memory_limit_mb": 128,
            ]
            let result = try #require(try await judge(code, Self.guessing, [test]).tests?.first)
            #expect(result.verdict == verdict, "\(result)")
            if let message { #expect(result.message?.hasPrefix(message) == true, "\(result.message ?? "nothing")") }
            #expect(result.stdoutIsEmpty)
        }

        @Test func aProgramThatWritesWithoutEndIsToBlameForTheInteractorsMemory() async throws {
            let test: JSONValue = ["stdin": "421", "expected_stdout": "known", "time_limit_ms": 20_000]
            let code = "import sys\nwhile True: sys.stdout.write('?' * 65536)"
            let result = try #require(try await judge(code, Self.guessing, [test]).tests?.first)
            #expect(result.verdict == .outputLimitExceeded, "\(result)")
            #expect(result.message?.hasSuffix("the interactor ran out of memory") == true)
        }

        /// An interactor that does not say how it went, whatever the program does.
        @Test(arguments: [
            ("import sys\nsys.exit(3)", "print(1)"), ("import sys\nsys.exit(7)", "print(1)"),
            ("raise Exception('lost')", "input()"), ("import os\nos.kill(os.getpid(), 6)", "while True: pass"),
            ("x = bytearray(4 << 30)", "input()"), ("import sys\nsys.exit(137)", "import time; time.sleep(100)"),
        ])
        func anInteractorThatFailsIsTheJudgesError(interactor: String, program: String) async throws {
            let execution = try await judge(program, interactor, [["time_limit_ms": 5000]])
            // The exception's exit code is that of a wrong answer.
            let expected: Verdict = interactor.hasPrefix("raise") ? .wrongAnswer : .judgeError
            #expect(execution.verdicts == [expected], "\(execution)")
        }

        @Test func muchIsSaidInBothDirections() async throws {
            let interactor = """
                import sys
                for n in range(3000):
                    print(n, 'x' * 100, flush=True)
                    if sys.stdin.readline() != f'{n}\\n': sys.exit(1)
                """
            let program = "for n in range(3000): print(input().split()[0], flush=True)"
            #expect(try await judge(program, interactor, [["time_limit_ms": 10_000]]).verdicts == [.accepted])
        }

        @Test func eachTestHasAnInteractorOfItsOwn() async throws {
            let tests: [JSONValue] = ["1", "421", "999", "0"].map {
                ["stdin": .string($0), "expected_stdout": "known", "time_limit_ms": 2000]
            }
            let execution = try await judge(Self.search, Self.guessing, tests)
            #expect(execution.verdicts == [.accepted, .accepted, .accepted, .accepted], "\(execution)")
            #expect(execution.status == .succeeded)
        }

        @Test func aCompiledProgramTalksAsWell() async throws {
            let code = """
                package main
                import ("bufio"; "fmt"; "os")
                func main() {
                    in := bufio.NewReader(os.Stdin)
                    low, high := 0, 1000
                    for high-low > 1 {
                        var answer string
                        middle := (low + high) / 2
                        fmt.Println("?", middle)
                        fmt.Fscan(in, &answer)
                        if answer == "<" { high = middle } else { low = middle }
                    }
                    fmt.Println("!", low)
                }
                """
            let test: JSONValue = ["stdin": "77", "expected_stdout": "known", "time_limit_ms": 2000]
            let execution = try await api.execute(
                "go", code, ["tests": [test], "interactor": ["language": "python", "code": .string(Self.guessing)]])
            #expect(execution.verdicts == [.accepted], "\(execution)")
        }

        /// Neither can reach the other by anything but what it says.
        @Test func theProgramDoesNotSeeTheInteractorsFiles() async throws {
            let code = "import os\nprint('!', 421 if os.path.exists('/tmp/judge') else 0, flush=True)"
            let test: JSONValue = ["stdin": "421", "expected_stdout": "known", "time_limit_ms": 2000]
            #expect(try await judge(code, Self.guessing, [test]).verdicts == [.wrongAnswer])
        }

        private func judge(_ code: String, _ interactor: String, _ tests: [JSONValue]) async throws -> Execution {
            try await api.execute(
                "python", code,
                ["tests": .array(tests), "interactor": ["language": "python", "code": .string(interactor)]])
        }
    }
}

extension TestResult {
    /// Nobody keeps what two programs say to each other.
    fileprivate var stdoutIsEmpty: Bool { stdout.total == 0 && stdout.bytes.isEmpty }
}
