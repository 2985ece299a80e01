// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

/// Kernels and their results go over the wire as they are.
struct KernelJSONTests {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    @Test func aKernelIsWrittenAndRead() throws {
        var kernel = SandboxKernel(
            id: ContextID(number: 1), sandboxID: SandboxID(number: 2), language: "python", workingDirectory: "/w",
            status: .idle, implementation: "ipython 8.5.0", version: "3.11.2", executionCount: 3, restarts: 1,
            createdAt: Self.now, lastUsedAt: Self.now)
        #expect(try SandboxKernel(reply: kernel.json.bytes) == kernel)
        (kernel.status, kernel.end) = (.dead, KernelEnd(.exited, exitCode: 3, message: "it ended"))
        #expect(try SandboxKernel(reply: kernel.json.bytes) == kernel)
    }

    @Test func anExecutionIsWrittenAndRead() throws {
        let execution = Execution(
            id: ExecutionID(number: 1), sandboxID: SandboxID(number: 2), status: .failed, startedAt: Self.now,
            completedAt: Self.now)
        let outcome = KernelExecution(
            execution: execution,
            results: [
                KernelResult(
                    data: KernelData(texts: ["text/plain": "5"], json: ["application/json": "{\"a\":[1]}"]),
                    isMain: true),
                KernelResult(
                    data: KernelData(texts: ["image/png": "AAAA"]), isMain: false, displayID: "d", isUpdate: true,
                    omitted: ["text/html": 9_000_000]),
            ], omittedResults: 2, error: KernelError(name: "ValueError", value: "bad", traceback: ["a", "b"]),
            executionCount: 4, isRestarted: true)
        #expect(try KernelExecution(reply: outcome.json.bytes) == outcome)
        let members = try #require(outcome.json["results"]?.arrayValue?.first?.objectValue)
        #expect(members["text/plain"]?.stringValue == "5" && members["is_main_result"]?.boolValue == true)
        #expect(members["application/json"]?["a"] == [1])
    }

    @Test func malformedJSONOfAKernelBecomesText() {
        let result = KernelResult(data: KernelData(json: ["application/json": "{"]), isMain: false)
        #expect(result.json["application/json"] == "{")
    }

    @Test func requestsAreWrittenAndRead() throws {
        let request = KernelRequest(
            language: "node", workingDirectory: "/w", environment: [EnvironmentVariable(name: "A", value: "b")])
        #expect(try KernelRequest(request: request.json.bytes) == request)
        let code = KernelExecRequest(code: "1", timeoutMilliseconds: 1500)
        #expect(try KernelExecRequest(request: code.json.bytes) == code)
        #expect(try KernelExecRequest(request: Array("{\"code\":\"1\",\"timeout_secs\":1.5}".utf8)) == code)
        let question = KernelQuestion(code: "pri", cursor: 3, detail: true)
        #expect(try KernelQuestion(request: question.json.bytes) == question)
    }

    @Test(arguments: [
        "{}", "{\"code\":1}", "{\"code\":\"1\",\"foo\":1}", "{\"code\":\"1\",\"timeout_secs\":0}",
        "{\"code\":\"1\",\"timeout_ms\":-1}",
    ])
    func aWrongExecIsRefused(_ body: String) {
        #expect(throws: OutpostError.self) { try KernelExecRequest(request: Array(body.utf8)) }
    }

    @Test(arguments: [
        "{\"code\":\"é\"}", "{\"code\":\"é\",\"cursor\":2}", "{\"code\":\"é\",\"cursor\":-1}",
        "{\"code\":\"é\",\"cursor\":0,\"x\":1}",
    ])
    func aWrongQuestionIsRefused(_ body: String) {
        #expect(throws: OutpostError.self) { try KernelQuestion(request: Array(body.utf8)) }
    }
}
