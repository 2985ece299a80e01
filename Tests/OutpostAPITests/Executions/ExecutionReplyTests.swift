// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct ExecutionReplyTests {
    @Test func anExecutionIsWrittenWithEveryField() throws {
        let golden =
            #"{"id":"exec_0123456789ab","sandbox_id":"sbx_0123456789ab","status":"failed","stdout":"4\n","#
            + #""stdout_bytes":2,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"#
            + #""stdout_encoding":"utf-8","stderr":"/w==","stderr_bytes":1,"stderr_truncated":false,"#
            + #""stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"base64","limit":null,"exit_code":3,"#
            + #""signal":null,"#
            + #""duration_ms":12.346,"cpu_time_ms":0.0,"memory_peak_bytes":4096,"compile":{"stdout":"","#
            + #""stdout_bytes":0,"stdout_truncated":false,"stdout_omitted_bytes":0,"stdout_omitted_at":null,"#
            + #""stdout_encoding":"utf-8","stderr":"warning","stderr_bytes":7,"stderr_truncated":false,"#
            + #""stderr_omitted_bytes":0,"stderr_omitted_at":null,"stderr_encoding":"utf-8","exit_code":0,"duration_ms":7.0,"cached":true},"deps":null,"message":null,"#
            + #""started_at":"1970-01-01T00:00:00.000Z","completed_at":"1970-01-01T00:00:00.012Z"}"#
        let execution = try sample()
        #expect(String(decoding: execution.json.bytes, as: UTF8.self) == golden)
        var decoded = try Execution(reply: Array(golden.utf8))
        #expect(decoded.durationMilliseconds == 12.346)
        decoded.durationMilliseconds = execution.durationMilliseconds
        #expect(decoded == execution)
    }

    @Test(arguments: [[0x61], [0x01], [0xFF], [0x0A], [0x22], [0xC3, 0xA9], [0xC3]])
    func theLargestSizeOfAnAnswerIsKnownBeforeItIsEncoded(pattern: [UInt8]) throws {
        let bytes = (0..<20_000).flatMap { _ in pattern }
        var execution = try sample()
        execution.stdout = CapturedOutput(bytes: bytes, total: bytes.count)
        execution.output = (0..<200).map { number in
            OutputPiece(stream: number % 2 == 0 ? .stdout : .stderr, bytes: Array(bytes.prefix(100)))
        }
        execution.tests = [TestResult(verdict: .accepted, stdout: execution.stdout)]
        let size = execution.json.bytes.count
        #expect(size <= execution.mostJSONBytes)
        #expect(execution.mostJSONBytes <= size * 3 / 2 + 40_000)
    }

    @Test func aRecordOfAnEarlierVersionIsRead() throws {
        let old =
            #"{"id":"exec_0123456789ab","sandbox_id":"sbx_0123456789ab","status":"failed","stdout":"4\n","#
            + #""stdout_bytes":2000,"stdout_truncated":true,"stdout_encoding":"utf-8","stderr":"/w==","#
            + #""stderr_bytes":1,"stderr_truncated":false,"stderr_encoding":"base64","exit_code":3,"signal":null,"#
            + #""duration_ms":12.346,"cpu_time_ms":0.0,"memory_peak_bytes":4096,"compile":{"stdout":"","#
            + #""stderr":"warning","exit_code":0,"duration_ms":7.0,"cached":true},"deps":null,"message":null,"#
            + #""started_at":"1970-01-01T00:00:00.000Z","completed_at":"1970-01-01T00:00:00.012Z"}"#
        let execution = try Execution(reply: Array(old.utf8))
        #expect(execution.stdout == CapturedOutput(bytes: Array("4\n".utf8), total: 2000))
        #expect(execution.compile?.stderr == CapturedOutput(bytes: Array("warning".utf8), total: 7))
    }

    @Test func everyEndingComesBack() throws {
        var execution = try sample()
        execution.durationMilliseconds = 1.5
        execution.exitCode = nil
        execution.signal = "SIGKILL"
        execution.message = "the sandbox is gone"
        execution.compile = nil
        for limit in TimeLimit.allCases {
            execution.limit = limit
            #expect(try Execution(reply: execution.json.bytes) == execution)
        }
        for status in ExecutionStatus.allCases {
            execution.status = status
            #expect(try Execution(reply: execution.json.bytes) == execution)
        }
    }

    @Test func theTestsOfAJudgeAreWrittenAfterIt() throws {
        let golden =
            #"[{"verdict":"wrong_answer","limit":null,"exit_code":0,"signal":null,"stdout":"5","stdout_bytes":9,"#
            + #""stdout_truncated":true,"stdout_omitted_bytes":8,"stdout_omitted_at":1,"stdout_encoding":"utf-8","#
            + #""stderr":"/w==","stderr_bytes":1,"stderr_truncated":false,"stderr_omitted_bytes":0,"#
            + #""stderr_omitted_at":null,"stderr_encoding":"base64","duration_ms":1.5,"cpu_time_ms":0.25,"#
            + #""memory_peak_bytes":4096,"message":null}]"#
        var execution = try sample()
        execution.durationMilliseconds = 1.5
        #expect(execution.json["tests"] == nil)
        let results = [
            TestResult(
                verdict: .wrongAnswer, exitCode: 0, stdout: CapturedOutput(bytes: [0x35], total: 9),
                stderr: CapturedOutput(bytes: [0xFF], total: 1), durationMilliseconds: 1.5, cpuTimeMilliseconds: 0.25,
                memoryPeakBytes: 4096)
        ]
        execution.tests = results
        #expect(execution.json["tests"].map { String(decoding: $0.bytes, as: UTF8.self) } == golden)
        execution.tests = results + Verdict.allCases.map { TestResult(verdict: $0, signal: "SIGKILL") }
        #expect(try Execution(reply: execution.json.bytes) == execution)
    }

    @Test func whatWasRecordedWithoutALimitOfTimeIsRead() throws {
        var execution = try sample()
        execution.durationMilliseconds = 1.5
        execution.status = .timedOut
        execution.tests = [TestResult(verdict: .timeLimitExceeded)]
        let text = String(decoding: execution.json.bytes, as: UTF8.self)
        let old = text.replacing(#""limit":null,"#, with: "").replacing(#":0,"message":null}"#, with: ":0}")
        #expect(old.count == text.count - 2 * #""limit":null,"#.count - #","message":null"#.count)
        #expect(try Execution(reply: Array(old.utf8)) == execution)
    }

    @Test func aCharacterCutByTheCapIsLeftOutAndStillCounted() throws {
        var execution = try sample()
        execution.stdout = CapturedOutput(bytes: Array("aé".utf8.dropLast()), total: 3)
        let json = execution.json
        #expect(json["stdout"] == "a")
        #expect(json["stdout_bytes"] == 3)
        #expect(json["stdout_truncated"] == true)
        #expect(json["stdout_encoding"] == "utf-8")
    }

    @Test(arguments: [("stderr", "?"), ("stdout_encoding", "latin1"), ("status", "lost"), ("started_at", "now")])
    func aReplyThatCannotBeReadIsRefused(field: String, value: String) throws {
        var object = try #require(try sample().json.objectValue)
        object[field] = .string(value)
        let error = #expect(throws: OutpostError.self) { try Execution(reply: JSONValue.object(object)) }
        #expect(error?.code == .internal)
        #expect(error?.message.contains(field) == true)
    }

    private func sample() throws -> Execution {
        Execution(
            id: try #require(ExecutionID("exec_0123456789ab")), sandboxID: try #require(SandboxID("sbx_0123456789ab")),
            status: .failed, stdout: CapturedOutput(bytes: Array("4\n".utf8), total: 2),
            stderr: CapturedOutput(bytes: [0xFF], total: 1), exitCode: 3, durationMilliseconds: 12.345_678,
            memoryPeakBytes: 4096,
            compile: CompileResult(
                stdout: .init(), stderr: CapturedOutput(bytes: Array("warning".utf8), total: 7), exitCode: 0,
                durationMilliseconds: 7, cached: true),
            startedAt: Timestamp(milliseconds: 0), completedAt: Timestamp(milliseconds: 12))
    }
}
