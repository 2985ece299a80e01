// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostClient

@Suite struct CallBodyTests {
    private static let zeros = [UInt8](repeating: 0, count: 100_000)

    private func request(stdin: [UInt8] = [], files: [SandboxFile] = [], code: String = "x") -> ExecutionRequest {
        ExecutionRequest(program: .code(code, language: "python"), stdin: stdin, files: files)
    }

    private func body(_ request: ExecutionRequest, acceptsForm: Bool = true) -> CallBody {
        CallBody(request.json, acceptsForm: acceptsForm, boundary: "outpost-1")
    }

    /// Reads a body as the server does.
    private func read(_ body: CallBody) throws -> ExecutionRequest {
        guard body.type.hasPrefix(FormBody.type) else { return try ExecutionRequest(request: body.bytes) }
        return try ExecutionRequest(request: FormBody.json(body.bytes, boundary: "outpost-1").bytes)
    }

    @Test func aSmallRequestIsJSON() throws {
        let small = request(stdin: [0, 0xFF], files: [SandboxFile(path: "a", content: Array("text".utf8))])
        #expect(body(small) == CallBody(small.json, acceptsForm: false))
        #expect(body(small).type == "application/json")
        #expect(try read(body(small)) == small)
    }

    @Test(arguments: [zeros, Array(zeros.map { _ in 0xFF }), Array(zeros.map { _ in UInt8(ascii: "\"") })])
    func inputThatJSONWouldEnlargeIsAPart(_ content: [UInt8]) throws {
        let large = request(stdin: content)
        let body = body(large)
        #expect(body.type == "multipart/form-data; boundary=outpost-1")
        #expect(body.bytes.count < content.count + 1024)
        #expect(try read(body) == large)
    }

    @Test func filesAndCodeArePartsTooUnlessThePartWouldLoseSomething() throws {
        let code = String(repeating: "\\", count: 5000)
        let files = [
            SandboxFile(path: "data/a b.tar", content: Self.zeros),
            SandboxFile(path: "tool", content: Self.zeros, mode: 0o755),
            SandboxFile(path: "\u{e9}\"%22", content: Self.zeros), SandboxFile(path: "text", content: [0x61]),
        ]
        let large = request(stdin: [0x61], files: files, code: code)
        let body = body(large)
        let read = try read(body)
        #expect(Set(read.files) == Set(files))
        #expect(read.program == large.program)
        #expect(read.stdin == large.stdin)
        // The tool and the file with the odd name go as base64, the rest as bytes.
        #expect(body.bytes.count < Self.zeros.count * 11 / 3 + code.utf8.count + 4096)
    }

    @Test func withoutAFormTheShorterOfTextAndBase64IsSent() throws {
        let large = request(stdin: Self.zeros, files: [SandboxFile(path: "a", content: Self.zeros)])
        let body = body(large, acceptsForm: false)
        #expect(body.type == "application/json")
        #expect(body.bytes.count < Self.zeros.count * 8 / 3 + 1024)
        #expect(try read(body) == large)
    }

    @Test func jobsOfABatchAreShortToo() throws {
        let job = JobRequest(execution: request(stdin: Self.zeros), language: "python")
        let body = CallBody(JobBatchRequest(jobs: [job]).json, acceptsForm: false)
        #expect(body.bytes.count < Self.zeros.count * 4 / 3 + 1024)
    }
}
