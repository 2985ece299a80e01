// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

private let base = #"{"code":"1"}"#
private let executeBase = #"{"language":"python","code":"1"}"#

struct ExecutionRequestTests {
    @Test(arguments: fieldProblems)
    func aBadFieldIsNamed(bad: BadValue) throws {
        let expected = Refusal(code: .invalidRequest, field: bad.field, problem: bad.problem)
        #expect(refusal(of: try body(base, bad.name, bad.value), as: ExecutionRequest.self) == expected)
        #expect(refusal(of: try body(executeBase, bad.name, bad.value), as: ExecuteRequest.self) == expected)
    }

    @Test(arguments: [
        ("{}", "code", "is required, unless command is given"),
        (#"{"code":"1","command":["a"]}"#, "command", "must not be given together with code"),
        (#"{"command":[]}"#, "command", "must not be empty"),
        (#"{"command":[""]}"#, "command[0]", "must not be empty"),
        (#"{"command":["a",null]}"#, "command[1]", "must not be null"),
        (#"{"command":["a","\u0000"]}"#, "command[1]", "must not contain NUL"),
        (#"{"command":["\u0000"]}"#, "command[0]", "must not contain NUL"),
        (#"{"command":"ls"}"#, "command", "must be an array, not a string"),
        (#"{"command":null}"#, "command", "must not be null"),
        (#"{"code":null}"#, "code", "must not be null"),
        (#"{"code":1}"#, "code", "must be a string, not an integer"),
        (#"{"code":"","stdin":"a","stdin_base64":""}"#, "stdin_base64", "must not be given together with stdin"),
    ])
    func whatToRunIsSaidOnce(text: String, field: String, problem: String) {
        #expect(
            refusal(of: text, as: ExecutionRequest.self)
                == Refusal(code: .invalidRequest, field: field, problem: problem))
    }

    @Test(arguments: [
        ("deps", #"["numpy"]"#, "deps"), ("resource_limits", #"{"gpu":1}"#, "resource_limits.gpu"),
    ])
    func whatThisVersionLacksIsUnprocessable(name: String, value: String, field: String) throws {
        let expected = Refusal(code: .unprocessable, field: field, problem: "is not supported in this version")
        #expect(refusal(of: try body(base, name, value), as: ExecutionRequest.self) == expected)
        #expect(refusal(of: try body(executeBase, name, value), as: ExecuteRequest.self) == expected)
    }

    @Test(arguments: [
        (#"{"code":"","timeout_secs":2,"timeout_ms":3,"resource_limits":{"timeout_ms":4}}"#, 2000),
        (#"{"code":"","timeout_ms":3,"resource_limits":{"timeout_ms":4}}"#, 3),
        (#"{"code":"","resource_limits":{"timeout_ms":4}}"#, 4), (#"{"code":""}"#, nil),
        (#"{"code":"","timeout_secs":0.0001}"#, 1), (#"{"code":"","timeout_secs":1.1}"#, 1100),
        (#"{"code":"","timeout_secs":1e300}"#, Int.max),
    ])
    func oneTimeLimitWins(text: String, milliseconds: Int?) throws {
        let request = try ExecutionRequest(request: Array(text.utf8))
        #expect(request.timeoutMilliseconds == milliseconds)
        #expect(request.limits.timeoutMilliseconds == milliseconds)
    }

    @Test func everyFieldIsTaken() throws {
        let text = """
            {"code":"a\\u0000b","language":"node","stdin_base64":"/wA=","args":["","x y"],"env":[["A","1"]],
             "working_dir":"/","deps":[],"concurrent":true,"resource_limits":{"memory_mb":9},
             "files":[{"path":"a/./b.txt","content":"é"},{"path":"/c..d","content_base64":"/w=="},
                      {"path":"empty","content":""}]}
            """
        let expected = ExecutionRequest(
            program: .code("a\0b", language: "node"), limits: ResourceLimitsRequest(memoryMiB: 9), stdin: [0xFF, 0],
            arguments: ["", "x y"], environment: [.init(name: "A", value: "1")], workingDirectory: "/",
            files: [
                SandboxFile(path: "a/./b.txt", content: Array("é".utf8)), SandboxFile(path: "/c..d", content: [0xFF]),
                SandboxFile(path: "empty", content: []),
            ], concurrent: true)
        let request = try ExecutionRequest(request: Array(text.utf8))
        #expect(request == expected)
        #expect(try ExecutionRequest(request: request.json.bytes) == expected)
    }

    @Test func aCommandIsAnArgumentVector() throws {
        let request = try ExecutionRequest(request: Array(#"{"command":["ls","","-l"],"stdin":"x"}"#.utf8))
        #expect(request.program == .command(["ls", "", "-l"]))
        #expect(request.stdin == Array("x".utf8))
        #expect(try ExecutionRequest(request: request.json.bytes) == request)
    }

    static let fieldProblems: [BadValue] =
        SharedBadValues.limits + SharedBadValues.environment + SharedBadValues.workingDirectory
        + SharedBadValues.language + inputProblems + timeProblems + fileProblems

    private static let inputProblems: [BadValue] =
        wrongForms(["stdin"], "a string") + wrongForms(["args", "files", "deps"], "an array")
        + wrongForms(["concurrent"], "a boolean") + [
            BadValue("colour", "1", "is not a known field"), BadValue("ports", "[]", "is not a known field"),
            BadValue("stdin_base64", "null", "must not be null"), BadValue("stdin_base64", "\"x\"", "must be base64"),
            BadValue("stdin_base64", "\"Zg\"", "must be base64"),
            BadValue("args", "[1]", "must be a string, not an integer", at: "args[0]"),
            BadValue("args", "[\"a\",null]", "must not be null", at: "args[1]"),
            BadValue("args", #"["\u0000"]"#, "must not contain NUL", at: "args[0]"),
            BadValue("args", "[\("x".repeated(131_073))]", "must be at most 131072 bytes", at: "args[0]"),
            BadValue(
                "args", "[" + repeatElement("\"\"", count: 1025).joined(separator: ",") + "]",
                "must have at most 1024 items"),
            BadValue("deps", "[1]", "must be a string, not an integer", at: "deps[0]"),
            BadValue("deps", "[\"\"]", "must not be empty", at: "deps[0]"),
        ]

    private static let timeProblems: [BadValue] =
        wrongForms(["timeout_secs"], "a number") + wrongForms(["timeout_ms"], "an integer") + [
            BadValue("timeout_secs", "0", "must be above 0"), BadValue("timeout_secs", "-1", "must be above 0"),
            BadValue("timeout_secs", "1e-400", "must be above 0"), BadValue("timeout_ms", "0", "must be at least 1"),
            BadValue("timeout_ms", "-1", "must be at least 1"), BadValue("timeout_ms", "1e19", "must fit 64 bits"),
        ]

    private static let fileProblems: [BadValue] =
        [
            (#"{"content":""}"#, ".path", "is required"),
            (#"{"path":"a"}"#, ".content", "is required, unless content_base64 is given"),
            (
                #"{"path":"a","content":"","content_base64":""}"#, ".content_base64",
                "must not be given together with content"
            ),
            (#"{"path":1,"content":""}"#, ".path", "must be a string, not an integer"),
            (#"{"path":"","content":""}"#, ".path", "must not be empty"),
            (#"{"path":"a\u0000","content":""}"#, ".path", "must not contain NUL"),
            (#"{"path":"../a","content":""}"#, ".path", "must not contain \"..\""),
            (#"{"path":"a/../b","content":""}"#, ".path", "must not contain \"..\""),
            (#"{"path":"a/","content":""}"#, ".path", "must end with a file's name"),
            (#"{"path":"/","content":""}"#, ".path", "must end with a file's name"),
            (#"{"path":"a/.","content":""}"#, ".path", "must end with a file's name"),
            ("{\"path\":\("a/".repeated(2049)),\"content\":\"\"}", ".path", "must be at most 4096 bytes"),
            (#"{"path":"a","content":null}"#, ".content", "must not be null"),
            (#"{"path":"a","content":7}"#, ".content", "must be a string, not an integer"),
            (#"{"path":"a","content_base64":"?"}"#, ".content_base64", "must be base64"),
            (#"{"path":"a","content":"","mode":"0788"}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":"4755"}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":"07755"}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":"+755"}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":" 755"}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":"75"}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":"0o755"}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":"u+x"}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":""}"#, ".mode", "must be an octal mode up to 0777, such as 0644"),
            (#"{"path":"a","content":"","mode":493}"#, ".mode", "must be a string, not an integer"),
            ("null", "", "must not be null"), ("[]", "", "must be an object, not an array"),
        ].map { BadValue("files", "[\($0.0)]", $0.2, at: "files[0]\($0.1)") } + [
            BadValue(
                "files", "[" + repeatElement(#"{"path":"a","content":""}"#, count: 1001).joined(separator: ",") + "]",
                "must have at most 1000 items")
        ]
}
