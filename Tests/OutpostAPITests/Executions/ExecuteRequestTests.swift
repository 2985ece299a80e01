// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

private let base = #"{"language":"python","code":"1"}"#

struct ExecuteRequestTests {
    @Test(arguments: fieldProblems)
    func aBadFieldIsNamed(bad: BadValue) throws {
        #expect(
            refusal(of: try body(base, bad.name, bad.value), as: ExecuteRequest.self)
                == Refusal(code: .invalidRequest, field: bad.field, problem: bad.problem))
    }

    @Test(arguments: ["{\"code\":\"1\"}", "{\"command\":[\"ls\"]}"])
    func theLanguageIsRequired(text: String) {
        #expect(
            refusal(of: text, as: ExecuteRequest.self)
                == Refusal(code: .invalidRequest, field: "language", problem: "is required"))
    }

    @Test(arguments: [
        ("image", #""debian""#, "image"), ("gpu", "0", "gpu"), ("network", #"{"egress":"all"}"#, "network"),
        ("security", #"{"jailer_enabled":true}"#, "security.jailer_enabled"),
    ])
    func whatThisVersionLacksIsUnprocessable(name: String, value: String, field: String) throws {
        #expect(
            refusal(of: try body(base, name, value), as: ExecuteRequest.self)
                == Refusal(code: .unprocessable, field: field, problem: "is not supported in this version"))
    }

    @Test func everyFieldOfItsOwnIsTaken() throws {
        let text = """
            {"language":"python","code":"1","sandbox_id":"sbx_0123456789ab","security":{"seccomp_enabled":false},
             "network":{"egress":"none"}}
            """
        let expected = ExecuteRequest(
            language: "python", execution: ExecutionRequest(program: .code("1", language: "python")),
            sandboxID: SandboxID("sbx_0123456789ab"), security: SecurityRequest(seccompEnabled: false))
        #expect(expected.sandboxID != nil)
        let request = try ExecuteRequest(request: Array(text.utf8))
        #expect(request == expected)
        #expect(try ExecuteRequest(request: request.json.bytes) == expected)
    }

    @Test func aCommandKeepsTheLanguageBesideIt() throws {
        let request = try ExecuteRequest(request: Array(#"{"language":"bash","command":["ls"]}"#.utf8))
        #expect(request.language == "bash")
        #expect(request.execution.program == .command(["ls"]))
        #expect(request.security == nil)
        #expect(try ExecuteRequest(request: request.json.bytes) == request)
    }

    private static let fieldProblems: [BadValue] =
        SharedBadValues.security + SharedBadValues.network + wrongForms(["image"], "a string")
        + [
            BadValue("sandbox_id", "null", "must not be null"),
            BadValue("sandbox_id", "1", "must be a string, not an integer"),
            BadValue("sandbox_id", "\"../../etc\"", "must be an id like sbx_0123456789ab"),
            BadValue("sandbox_id", "\"exec_0123456789ab\"", "must be an id like sbx_0123456789ab"),
            BadValue("mode", "\"stateful\"", "is not a known field"),
        ]
}
