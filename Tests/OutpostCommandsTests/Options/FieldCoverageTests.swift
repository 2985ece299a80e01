// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore
import Testing

@testable import OutpostCommands

/// Whatever a body of the API may say, the command line can say: every field that this version does has its option, and the
/// option sets it.
@Suite struct FieldCoverageTests {
    private static let program = ["-c", "x"]
    private static let files = ["f": Array("1".utf8), "p.py": Array("2".utf8)]

    private static let run: [String: [String]] = [
        "language": ["--language", "go"], "code": ["p.py"], "command": ["--command", "--", "ls"],
        "timeout_ms": program + ["--timeout", "2"], "cpu_time_ms": program + ["--cpu-time", "2"],
        "stdin": program, "args": program + ["--", "a"], "env": program + ["--env", "A=1"],
        "working_dir": program + ["--working-dir", "/tmp"], "files": program + ["--file", "f"],
        "output_keep": program + ["--output-keep", "head"], "interleaved": program + ["--interleaved"],
        "resource_limits.memory_mb": program + ["--memory", "7"],
        "resource_limits.cpu_cores": program + ["--cpu", "2"],
        "resource_limits.disk_mb": program + ["--disk", "7"],
        "resource_limits.max_processes": program + ["--processes", "7"],
        "resource_limits.max_output_bytes": program + ["--max-output", "7"],
        "resource_limits.stack_mb": program + ["--stack", "7"],
        "resource_limits.max_file_bytes": program + ["--max-file", "7"],
    ]
    private static let live = ["id": program + ["--id", "exec_0123456789ab"], "detach": program + ["--detach"]]
    private static let security: [String: [String]] = [
        "security.user": ["--user", "root"], "security.preset": ["--preset", "strict"],
        "security.seccomp_enabled": ["--no-seccomp"], "security.isolation": ["--isolation", "microvm"],
    ]
    private static let limits = [
        "--memory", "--cpu", "--timeout", "--disk", "--processes", "--max-output", "--stack", "--max-file",
    ]

    /// Fields that are another spelling of one that has an option.
    private static let spellings: Set = ["timeout_secs", "stdin_base64", "resource_limits.timeout_ms"]
    /// A judge's requests are documents of their own; docs/cli.md says how to send one.
    private static let judge: Set = ["tests", "compare", "checker", "interactor", "stop_on_failure"]
    /// `jailer_enabled` has one value. `stdin_open` follows from the command's own standard input.
    private static let fixed: Set = ["security.jailer_enabled", "stdin_open"]

    /// The fields that this version does, those of objects within as `a.b`.
    private func names(_ schema: Schema, _ prefix: String = "") -> Set<String> {
        guard case .object(let rule) = schema.shape else { return [] }
        return rule.fields.filter { $0.schema.acceptsInThisVersion == nil }.reduce(into: []) { names, field in
            let name = prefix + field.name
            if case .object = field.schema.shape, ["resource_limits", "security"].contains(name) {
                names.formUnion(self.names(field.schema, name + "."))
            } else {
                names.insert(name)
            }
        }
    }

    /// A member of a body, in objects within too.
    private func member(_ path: String, of json: JSONValue) -> JSONValue? {
        path.split(separator: ".").reduce(json) { value, name in value?[String(name)] }
    }

    private func check(
        _ schema: Schema, _ options: [String: [String]], besides left: Set<String> = [],
        _ body: ([String]) throws -> JSONValue
    ) throws {
        let fields = names(schema).subtracting(Self.spellings).subtracting(Self.judge).subtracting(Self.fixed)
            .subtracting(left)
        #expect(fields.subtracting(options.keys) == [], "without an option")
        #expect(Set(options.keys).subtracting(fields) == [], "no field")
        for (field, arguments) in options where fields.contains(field) {
            let value = member(field, of: try body(arguments))
            #expect(value != nil, "\(field)")
            #expect(value != member(field, of: try body(Self.program)) || field == "stdin", "\(field)")
        }
    }

    private let input = localInput(standardInput: Array("in".utf8), files: Self.files)

    @Test func ofARunOfItsOwn() throws {
        let security = Self.security.mapValues { Self.program + $0 }
        var options = Self.run.merging(security) { $1 }.merging(Self.live) { $1 }
        options["language"] = Self.program + ["--language", "go"]
        // `sandbox exec` runs in a sandbox.
        try check(ExecuteRequest.schema, options, besides: ["sandbox_id", "concurrent"]) { arguments in
            let command = try RunCommand.parse(arguments)
            let text = try ProgramText(command.program, command: command.command, from: input)
            return try command.request(text, language: command.language ?? "python", input).json
        }
    }

    @Test func ofARunInASandbox() throws {
        var options = Self.run.merging(Self.live) { $1 }
        options["language"] = Self.program + ["--language", "go"]
        options["concurrent"] = Self.program + ["--concurrent"]
        try check(ExecutionRequest.schema, options) { arguments in
            try SandboxExecCommand.parse(["sbx_000000000001"] + arguments).request(input).json
        }
    }

    @Test func ofAJob() throws {
        var options = Self.run.merging(Self.security.mapValues { Self.program + $0 }) { $1 }
        options["language"] = Self.program + ["--language", "go"]
        options["priority"] = Self.program + ["--priority", "3"]
        options["max_attempts"] = Self.program + ["--max-attempts", "3"]
        options["callback_url"] = Self.program + ["--callback-url", "https://a.example/"]
        // It is in the path: `--sandbox`.
        try check(JobRequest.schema, options, besides: ["sandbox_id", "concurrent"]) { arguments in
            let command = try JobSubmitCommand.parse(arguments)
            let text = try ProgramText(command.program, command: command.command, from: input)
            return try command.request(text, language: command.language ?? "python", input).json
        }
    }

    @Test func ofAnUpdate() throws {
        var options: [String: [String]] = [
            "name": ["--name", "n"], "metadata": ["--metadata", "a=b"], "ttl_secs": ["--ttl", "7"],
            "idle_timeout_secs": ["--idle-timeout", "7"], "on_idle": ["--on-idle", "pause"], "env": ["--env", "A=1"],
            "resource_limits.timeout_ms": ["--timeout", "7"],
        ]
        for (field, arguments) in Self.run where field.hasPrefix("resource_limits.") {
            options[field] = Array(arguments.suffix(2))
        }
        #expect(names(SandboxUpdate.schema).subtracting(Self.fixed) == Set(options.keys))
        for (field, arguments) in options {
            let update = try SandboxUpdateCommand.parse(["sbx_0123456789ab"] + arguments).update.json
            #expect(member(field, of: update) != member(field, of: SandboxUpdate().json), "\(field)")
        }
    }

    @Test func ofAProcess() throws {
        let names = [
            "language", "code", "args", "env", "working_dir", "resource_limits.memory_mb", "resource_limits.cpu_cores",
            "resource_limits.disk_mb", "resource_limits.max_processes", "resource_limits.max_output_bytes",
            "resource_limits.stack_mb", "resource_limits.max_file_bytes",
        ]
        var options = Self.run.filter { names.contains($0.key) }
        options["language"] = Self.program + ["--language", "go"]
        options["command"] = ["--", "ls"]
        options["tty"] = Self.program + ["--tty"]
        options["stdin"] = Self.program + ["--stdin"]
        options["name"] = Self.program + ["--name", "n"]
        try check(ProcessRequest.schema, options) { arguments in
            try ProcessStartCommand.parse(["sbx_000000000001"] + arguments).request(input).json
        }
        let timed = try ProcessStartCommand.parse(["sbx_000000000001"] + Self.program + ["--timeout", "2"])
        #expect(try timed.request(input).timeoutMilliseconds == 2000)
    }

    @Test func ofASandbox() throws {
        var options: [String: [String]] = [
            "language": ["--language", "go"], "mode": ["--mode", "stateful"], "env": ["--env", "A=1"],
            "working_dir": ["--working-dir", "/tmp"], "ttl_secs": ["--ttl", "7"],
            "idle_timeout_secs": ["--idle-timeout", "7"], "on_idle": ["--on-idle", "pause"], "name": ["--name", "n"],
            "metadata": ["--metadata", "a=b"],
            "resource_limits.timeout_ms": ["--timeout", "7"], "snapshot": ["--snapshot", "snap_0123456789ab"],
        ].merging(Self.security) { $1 }
        for (field, arguments) in Self.run where field.hasPrefix("resource_limits.") {
            options[field] = Array(arguments.suffix(2))
        }
        let fields = names(SandboxRequest.schema).subtracting(Self.fixed)
        #expect(fields == Set(options.keys))
        let plain = try SandboxLaunchCommand.parse(["--language", "python"]).request.json
        for (field, arguments) in options {
            let language = field == "language" ? [] : ["--language", "python"]
            let request = try SandboxLaunchCommand.parse(language + arguments).request.json
            #expect(member(field, of: request) != member(field, of: plain), "\(field)")
        }
    }

    /// What a flag is called does not depend on the command.
    @Test func limitsAreCalledTheSameEverywhere() {
        for command in [
            RunCommand.helpMessage(), SandboxLaunchCommand.helpMessage(), SandboxExecCommand.helpMessage(),
            ProcessStartCommand.helpMessage(),
        ] {
            for limit in Self.limits {
                #expect(command.contains("[\(limit) ") || command.contains("  \(limit) "), "\(limit)")
            }
        }
    }
}
