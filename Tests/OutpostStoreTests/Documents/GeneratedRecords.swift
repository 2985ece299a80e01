// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Makes executions and requests of all kinds; the same from the same seed.
struct GeneratedRecords {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// By the constants of SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private mutating func number(_ most: Int) -> Int { Int(next() % UInt64(most + 1)) }

    private mutating func chance() -> Bool { next() & 1 == 0 }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(values.count - 1)] }

    private mutating func maybe<Value>(_ make: (inout GeneratedRecords) -> Value) -> Value? {
        chance() ? make(&self) : nil
    }

    private mutating func list<Value>(_ make: (inout GeneratedRecords) -> Value) -> [Value] {
        (0..<number(3)).map { _ in make(&self) }
    }

    private mutating func integer() -> Int { pick([0, 1, 255, 1 << 53 + 1, .max, .min, number(1 << 40)]) }

    private mutating func fraction() -> Double {
        pick([0, -0.0, 0.1, 1.0 / 3, 1e-300, 1e300, .infinity, Double(number(1 << 50)) / 1024])
    }

    /// Bytes of text, of text that is cut within a character, or of none.
    mutating func bytes() -> [UInt8] {
        switch number(3) {
        case 0: return (0..<number(40)).map { _ in UInt8(truncatingIfNeeded: next()) }
        case 1: return Array(text().utf8.dropLast())
        default: return Array(text().utf8)
        }
    }

    /// What JSON has to spell, what Unicode calls equivalent, and what other readers take for the end of a line.
    mutating func text() -> String {
        let parts = [
            "", "a", "\"", "\\", "/", "\n", "\r\n", "\u{0}", "\u{1F}", "\u{7F}", "é", "e\u{301}", "\u{2028}",
            "\u{FEFF}",
            "\u{FFFE}", "\u{10FFFF}", "👩‍👩‍👧", "</script>", "null",
        ]
        return (0..<number(6)).map { _ in pick(parts) }.joined()
    }

    private mutating func captured() -> CapturedOutput {
        let bytes = bytes()
        return CapturedOutput(
            bytes: bytes, total: bytes.count + (chance() ? 0 : number(1 << 40)),
            headCount: chance() ? nil : number(bytes.count))
    }

    private mutating func moment() -> Timestamp {
        Timestamp(milliseconds: pick([0, -1, 1_790_000_000_123, .max, Int64(number(1 << 45))]))
    }

    mutating func execution() -> Execution {
        Execution(
            id: ExecutionID(number: next()), sandboxID: SandboxID(number: next()),
            status: pick(ExecutionStatus.allCases), limit: maybe { $0.pick(TimeLimit.allCases) }, stdout: captured(),
            stderr: captured(),
            output: maybe {
                $0.list { OutputPiece(stream: $0.pick(LiveOutput.Stream.allCases), bytes: $0.bytes()) }
            },
            exitCode: maybe { $0.integer() }, signal: maybe { $0.text() }, durationMilliseconds: fraction(),
            cpuTimeMilliseconds: fraction(), memoryPeakBytes: integer(), compile: maybe { $0.compileResult() },
            startedAt: moment(), completedAt: moment(), message: maybe { $0.text() },
            tests: maybe { $0.list { $0.testResult() } })
    }

    private mutating func compileResult() -> CompileResult {
        CompileResult(
            stdout: captured(), stderr: captured(), exitCode: maybe { $0.integer() }, durationMilliseconds: fraction(),
            cached: chance())
    }

    private mutating func testResult() -> TestResult {
        TestResult(
            verdict: pick(Verdict.allCases), limit: maybe { $0.pick(TimeLimit.allCases) },
            exitCode: maybe { $0.integer() }, signal: maybe { $0.text() }, stdout: captured(), stderr: captured(),
            durationMilliseconds: fraction(), cpuTimeMilliseconds: fraction(), memoryPeakBytes: integer(),
            message: maybe { $0.text() })
    }

    mutating func request() -> JobRequest {
        JobRequest(
            execution: executionRequest(), language: maybe { $0.text() },
            sandboxID: maybe { SandboxID(number: $0.next()) },
            security: maybe {
                SecurityRequest(
                    seccompEnabled: $0.chance(), user: $0.pick(SandboxUser.known), preset: $0.text(),
                    isolation: $0.maybe { $0.pick(Isolation.allCases) })
            }, priority: integer(), maxAttempts: integer(),
            callbackURL: maybe { "https://user:s3cret@example.com/?token=\($0.text())" })
    }

    private mutating func executionRequest() -> ExecutionRequest {
        ExecutionRequest(
            program: chance()
                ? .code(text(), language: maybe { $0.text() }) : .command(list { $0.text() }),
            timeoutMilliseconds: maybe { $0.integer() }, cpuTimeMilliseconds: maybe { $0.integer() },
            limits: limits(), stdin: bytes(), arguments: list { $0.text() },
            environment: list { EnvironmentVariable(name: $0.text(), value: $0.text()) },
            workingDirectory: maybe { $0.text() }, files: list { $0.file() }, concurrent: chance(),
            outputKeep: pick(OutputKeep.allCases), interleaved: chance(), judge: maybe { $0.judge() })
    }

    private mutating func limits() -> ResourceLimitsRequest {
        ResourceLimitsRequest(
            memoryMiB: maybe { $0.integer() }, cpuCores: maybe { $0.fraction() },
            timeoutMilliseconds: maybe { $0.integer() }, diskMiB: maybe { $0.integer() },
            maxProcesses: maybe { $0.integer() }, maxOutputBytes: maybe { $0.integer() },
            stackMiB: maybe { $0.integer() }, maxFileBytes: maybe { $0.integer() })
    }

    private mutating func file() -> SandboxFile {
        SandboxFile(path: text(), content: bytes(), mode: chance() ? nil : UInt32(number(0o777)))
    }

    private mutating func judge() -> JudgeRequest {
        JudgeRequest(
            tests: list {
                JudgeTest(
                    stdin: $0.bytes(), arguments: $0.list { $0.text() }, expectedStdout: $0.maybe { $0.text() },
                    timeLimitMilliseconds: $0.maybe { $0.integer() },
                    wallTimeLimitMilliseconds: $0.maybe { $0.integer() }, memoryLimitMiB: $0.maybe { $0.integer() })
            }, comparison: pick([.tokens, .exact, .lines, .numbers(tolerance: fraction())]),
            checker: maybe { $0.program() }, interactor: maybe { $0.program() }, stopsOnFailure: chance())
    }

    private mutating func program() -> JudgeProgram {
        JudgeProgram(language: text(), code: text(), files: list { $0.file() })
    }
}
