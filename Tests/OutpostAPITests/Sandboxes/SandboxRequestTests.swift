// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

private let base = #"{"language":"python"}"#

struct SandboxRequestTests {
    @Test(arguments: fieldProblems)
    func aBadFieldIsNamed(bad: BadValue) throws {
        let found = refusal(of: try body(base, bad.name, bad.value), as: SandboxRequest.self)
        #expect(found == Refusal(code: .invalidRequest, field: bad.field, problem: bad.problem))
    }

    @Test func theLanguageIsRequired() {
        #expect(
            refusal(of: "{}", as: SandboxRequest.self)
                == Refusal(code: .invalidRequest, field: "language", problem: "is required"))
    }

    @Test(arguments: [
        ("image", #""debian""#, "image"), ("gpu", "1", "gpu"), ("gpu", #""t4""#, "gpu"), ("gpu", "false", "gpu"),
        ("resource_limits", #"{"gpu":true}"#, "resource_limits.gpu"),
        ("security", #"{"jailer_enabled":true}"#, "security.jailer_enabled"),
        ("ports", #"[{"guest_port":80}]"#, "ports"),
        ("health_check", "{}", "health_check"), ("network", #"{"egress":"all"}"#, "network"),
        ("network", #"{"egress":"allowlist","allow":["a:1"]}"#, "network"),
        ("network", #"{"egress":"none","allow":["a:1"]}"#, "network"), ("disk_size_gb", "1", "disk_size_gb"),
    ])
    func whatThisVersionLacksIsUnprocessable(name: String, value: String, field: String) throws {
        let found = refusal(of: try body(base, name, value), as: SandboxRequest.self)
        #expect(found == Refusal(code: .unprocessable, field: field, problem: "is not supported in this version"))
    }

    @Test func labelsWithOneNameInTwoSpellingsAreRefused() throws {
        let found = refusal(
            of: try body(base, "metadata", "{\"\u{E9}\":\"1\",\"e\u{301}\":\"2\"}"), as: SandboxRequest.self)
        #expect(
            found
                == Refusal(
                    code: .invalidRequest, field: "metadata", problem: "has two names that are equivalent in Unicode"))
    }

    @Test func aMalformedFieldCountsBeforeOneThatIsNotSupported() throws {
        let error = #expect(throws: OutpostError.self) {
            try SandboxRequest(request: Array(#"{"language":"python","image":"debian","mode":"x"}"#.utf8))
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.fields.map(\.field) == ["mode"])
    }

    @Test(arguments: [
        ("ports", "[]"), ("network", #"{"egress":"none"}"#), ("network", #"{"egress":"none","allow":[]}"#),
        ("security", #"{"jailer_enabled":false,"preset":"default"}"#), ("env", "[]"), ("metadata", "{}"),
        ("resource_limits", "{}"),
    ])
    func askingForNothingIsFine(name: String, value: String) throws {
        let request = try SandboxRequest(request: Array(body(base, name, value).utf8))
        #expect(request == SandboxRequest(language: "python"))
    }

    @Test func everyFieldIsTaken() throws {
        let text = """
            {"language":"python","mode":"stateful","name":"Größe 1","working_dir":"/srv","ttl_secs":60.0,
             "idle_timeout_secs":31536000,"on_idle":"pause","metadata":{"b":"2","a":""},"env":[["A","1"],["A","=2"]],
             "security":{"seccomp_enabled":false,"user":"root","isolation":"gvisor"},
             "resource_limits":{"memory_mb":64.0,"cpu_cores":0.5,"timeout_ms":1,"disk_mb":2,"max_processes":3,
                                "max_output_bytes":4}}
            """
        let expected = SandboxRequest(
            language: "python", mode: .stateful,
            limits: ResourceLimitsRequest(
                memoryMiB: 64, cpuCores: 0.5, timeoutMilliseconds: 1, diskMiB: 2, maxProcesses: 3, maxOutputBytes: 4),
            environment: [.init(name: "A", value: "1"), .init(name: "A", value: "=2")], workingDirectory: "/srv",
            security: SecurityRequest(seccompEnabled: false, user: .root, isolation: .gvisor), name: "Größe 1",
            metadata: ["a": "", "b": "2"], timeToLiveSeconds: 60, idleTimeoutSeconds: 31_536_000, onIdle: .pause)
        let request = try SandboxRequest(request: Array(text.utf8))
        #expect(request == expected)
        #expect(try SandboxRequest(request: request.json.bytes) == expected)
    }

    @Test func namesThatOnlyResembleAnEqualsSignAreTaken() throws {
        let request = try SandboxRequest(request: Array(#"{"language":"a","env":[["≠",""]]}"#.utf8))
        #expect(request.environment.map(\.name) == ["≠"])
    }

    private static let fieldProblems: [BadValue] =
        SharedBadValues.limits + SharedBadValues.environment + SharedBadValues.workingDirectory
        + SharedBadValues.language + SharedBadValues.security + SharedBadValues.network + scalarProblems
        + containerProblems

    private static let scalarProblems: [BadValue] =
        wrongForms(["image", "name"], "a string") + wrongForms(["disk_size_gb"], "a number")
        + wrongForms(["ttl_secs", "idle_timeout_secs"], "an integer")
        + ["ttl_secs", "idle_timeout_secs"].flatMap { name in
            [
                BadValue(name, "0", "must be at least 1"), BadValue(name, "-5", "must be at least 1"),
                BadValue(name, "31536001", "must be at most 31536000"), BadValue(name, "1e30", "must fit 64 bits"),
            ]
        } + [
            BadValue("colour", "1", "is not a known field"), BadValue("Language", "\"x\"", "is not a known field"),
            BadValue("mode", "null", "must not be null"),
            BadValue("mode", "\"both\"", "must be one of ephemeral, stateful"),
            BadValue("mode", "1", "must be a string, not an integer"),
            BadValue("name", "\"\"", "must not be empty"),
            BadValue("name", "é".repeated(129), "must be at most 128 characters"),
            BadValue("name", #""a\u001b[31m""#, "must not contain control characters"),
            BadValue("disk_size_gb", "0", "must be above 0"), BadValue("gpu", "null", "must not be null"),
            BadValue("gpu", "{}", "must be a boolean or an integer or a string"),
            BadValue("image", "\"\"", "must not be empty"),
        ]

    private static let containerProblems: [BadValue] =
        wrongForms(["metadata", "health_check"], "an object").filter { $0.name != "x" }
        + wrongForms(["ports"], "an array") + [
            BadValue("metadata", #"{"a":1}"#, "must be a string, not an integer", at: "metadata.a"),
            BadValue("metadata", #"{"":"x"}"#, "has a name that must not be empty", at: #"metadata."""#),
            BadValue("metadata", #"{"a":"\u0000"}"#, "must not contain NUL", at: "metadata.a"),
            BadValue(
                "metadata", "{\"a\":\("x".repeated(1025))}", "must be at most 1024 characters", at: "metadata.a"),
            BadValue(
                "metadata", "{\("k".repeated(65)):\"\"}", "has a name that must be at most 64 characters",
                at: "metadata." + String(repeating: "k", count: 64) + "…"),
            BadValue(
                "metadata", "{" + (0..<65).map { "\"k\($0)\":\"\"" }.joined(separator: ",") + "}",
                "must have at most 64 entries"),
            BadValue("ports", "[{}]", "is required", at: "ports[0].guest_port"),
            BadValue("ports", #"[{"guest_port":0}]"#, "must be at least 1", at: "ports[0].guest_port"),
            BadValue("ports", #"[{"guest_port":65536}]"#, "must be at most 65535", at: "ports[0].guest_port"),
            BadValue(
                "ports", #"[{"guest_port":1,"protocol":"sctp"}]"#, "must be one of tcp, udp",
                at: "ports[0].protocol"),
            BadValue("health_check", #"{"retries":0}"#, "must be at least 1", at: "health_check.retries"),
            BadValue("health_check", #"{"interval_secs":0}"#, "must be above 0", at: "health_check.interval_secs"),
            BadValue("health_check", #"{"command":[]}"#, "must not be empty", at: "health_check.command"),
        ]
}
