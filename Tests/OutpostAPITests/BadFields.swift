// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Values that a field must refuse, each with where and why.
struct BadValue: Sendable, CustomStringConvertible {
    let name: String
    let value: String
    let field: String
    let problem: String

    init(_ name: String, _ value: String, _ problem: String, at field: String? = nil) {
        self.name = name
        self.value = value
        self.field = field ?? name
        self.problem = problem
    }

    var description: String { "\(name) = \(value.prefix(60)) → \(problem)" }
}

/// The values that none of `names` takes, whose form is `article`; a null, and one value of every other form.
func wrongForms(_ names: [String], _ article: String, under parent: String? = nil) -> [BadValue] {
    let samples = [
        ("null", "null"), ("a boolean", "true"), ("an integer", "7"), ("a number", "7.5"), ("a string", "\"x\""),
        ("an array", "[]"), ("an object", "{}"),
    ]
    let accepted = article == "a number" ? ["a number", "an integer"] : [article]
    return names.flatMap { name in
        samples.filter { !accepted.contains($0.0) }.map { form, value in
            let problem =
                switch (form, article) {
                case ("null", _): "must not be null"
                case ("a number", "an integer"): "must be an integer, not a fraction"
                default: "must be \(article), not \(form)"
                }
            guard let parent else { return BadValue(name, value, problem) }
            return BadValue(parent, "{\"\(name)\":\(value)}", problem, at: "\(parent).\(name)")
        }
    }
}

/// What the fields that every program and every sandbox share must refuse.
enum SharedBadValues {
    static let limits: [BadValue] =
        wrongForms(
            ["memory_mb", "timeout_ms", "disk_mb", "max_processes", "max_output_bytes"], "an integer", under: parent)
        + wrongForms(["cpu_cores"], "a number", under: parent)
        + ["memory_mb", "timeout_ms", "disk_mb", "max_processes", "max_output_bytes"].flatMap { name in
            let tooSmall = name == "memory_mb" ? "must be at least 4" : "must be at least 1"
            return [
                ("0", tooSmall), ("-1", tooSmall), ("0.0", tooSmall),
                ("1e300", "must fit 64 bits"), ("9223372036854775808", "must fit 64 bits"),
            ].map { limit(name, $0.0, $0.1) }
        } + [
            limit("cpu_cores", "0", "must be at least 0.01"), limit("cpu_cores", "-0.5", "must be at least 0.01"),
            limit("cpu_cores", "1e-400", "must be at least 0.01"), limit("gpu", "null", "must not be null"),
            limit("gpu", "[]", "must be a boolean or an integer or a string"),
            limit("memory", "1", "is not a known field"),
        ] + wrongForms([parent], "an object")

    static let environment: [BadValue] =
        wrongForms(["env"], "an array") + [
            BadValue("env", #"[["A","1"],["B"]]"#, "must have exactly 2 items, not 1", at: "env[1]"),
            BadValue("env", #"[["A","1","2"]]"#, "must have exactly 2 items, not 3", at: "env[0]"),
            BadValue("env", #"[{"A":"1"}]"#, "must be an array, not an object", at: "env[0]"),
            BadValue("env", #"[null]"#, "must not be null", at: "env[0]"),
            BadValue("env", #"[[1,"1"]]"#, "must be a string, not an integer", at: "env[0][0]"),
            BadValue("env", #"[["A",1]]"#, "must be a string, not an integer", at: "env[0][1]"),
            BadValue("env", #"[["","1"]]"#, "must not be empty", at: "env[0][0]"),
            BadValue("env", #"[["A=B","1"]]"#, "must not contain \"=\"", at: "env[0][0]"),
            BadValue("env", #"[["A\u0000","1"]]"#, "must not contain NUL", at: "env[0][0]"),
            BadValue("env", #"[["A","\u0000"]]"#, "must not contain NUL", at: "env[0][1]"),
            BadValue("env", "[[\("A".repeated(257)),\"1\"]]", "must be at most 256 bytes", at: "env[0][0]"),
            BadValue("env", "[[\"A\",\("x".repeated(131_073))]]", "must be at most 131072 bytes", at: "env[0][1]"),
            BadValue(
                "env", "[" + repeatElement(#"["A","1"]"#, count: 257).joined(separator: ",") + "]",
                "must have at most 256 items"),
        ]

    static let workingDirectory: [BadValue] =
        wrongForms(["working_dir"], "a string") + [
            BadValue("working_dir", "\"\"", "must not be empty"),
            BadValue("working_dir", "\"tmp\"", "must be an absolute path"),
            BadValue("working_dir", "\"/a/../b\"", "must not contain \"..\""),
            BadValue("working_dir", "\"/a/..\"", "must not contain \"..\""),
            BadValue("working_dir", #""/a\u0000""#, "must not contain NUL"),
            BadValue("working_dir", "\"/" + "a/".repeated(2048).dropFirst(), "must be at most 4096 bytes"),
            BadValue(
                "working_dir", "\"/" + "a".repeated(256).dropFirst(), "must not have a part of more than 255 bytes"),
        ]

    static let language: [BadValue] =
        wrongForms(["language"], "a string") + [
            BadValue("language", "\"\"", "must not be empty"),
            BadValue("language", "x".repeated(65), "must be at most 64 characters"),
            BadValue("language", #""a\u0000""#, "must not contain control characters"),
        ]

    static let security: [BadValue] =
        wrongForms(["security"], "an object")
        + wrongForms(["seccomp_enabled", "jailer_enabled"], "a boolean", under: "security")
        + wrongForms(["preset"], "a string", under: "security") + [
            BadValue("security", #"{"user":null}"#, "must not be null", at: "security.user"),
            BadValue("security", #"{"user":"daemon"}"#, "must be one of sandbox, root", at: "security.user"),
            BadValue(
                "security", #"{"preset":"loose"}"#, "must be one of default, strict, debug", at: "security.preset"),
            BadValue("security", #"{"user":0}"#, "must be a string, not an integer", at: "security.user"),
            BadValue(
                "security", #"{"isolation":"none"}"#, "must be one of namespaces, gvisor, microvm",
                at: "security.isolation"),
            BadValue(
                "security", #"{"isolation":null}"#, "must not be null", at: "security.isolation"),
            BadValue(
                "security", #"{"jailer_enabled":true,"isolation":"namespaces"}"#, "contradicts isolation",
                at: "security.jailer_enabled"),
            BadValue(
                "security", #"{"isolation":"gvisor","jailer_enabled":true}"#, "contradicts isolation",
                at: "security.jailer_enabled"),
        ]

    static let network: [BadValue] =
        wrongForms(["network"], "an object").filter { $0.value != "{}" } + [
            BadValue("network", "{}", "is required", at: "network.egress"),
            BadValue(
                "network", #"{"egress":"some"}"#, "must be one of none, allowlist, all", at: "network.egress"),
            BadValue("network", #"{"egress":null}"#, "must not be null", at: "network.egress"),
            BadValue(
                "network", #"{"egress":"none","allow":"x"}"#, "must be an array, not a string", at: "network.allow"),
            BadValue("network", #"{"egress":"none","deny":[]}"#, "is not a known field", at: "network.deny"),
        ]

    private static let parent = "resource_limits"

    private static func limit(_ name: String, _ value: String, _ problem: String) -> BadValue {
        BadValue(parent, "{\"\(name)\":\(value)}", problem, at: "\(parent).\(name)")
    }
}
