// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// One field of a refused request and its problem, in the API's names.
public struct FieldProblem: Hashable, Sendable {
    /// The path from the body's root, as `resource_limits.memory_mb` or `env[2]`.
    public let field: String
    /// The rest of a sentence that begins with the field, as `must not be empty`.
    public let problem: String

    public init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    init(_ problem: ParameterProblem) {
        self.init(field: problem.parameter.field, problem: problem.problem.spelled(\.field))
    }
}

extension ParameterProblem {
    /// The problem of a field that the API's name identifies.
    public init(_ problem: FieldProblem) { self.init(.given(problem.field), ErrorText(problem.problem)) }
}

extension OutpostError {
    /// Returns an error about one field. `field` is the API's name.
    public static func field(_ code: ErrorCode, _ field: String, _ problem: ErrorText) -> OutpostError {
        .parameter(code, .given(field), problem)
    }

    /// The message with the API's names of fields.
    public var fieldMessage: String { text.spelled(\.field) }

    /// The details with the API's names of fields.
    public var fields: [FieldProblem] { details.map(FieldProblem.init) }
}

extension Parameter {
    /// The field's path in a request of the API; `body` for the whole request.
    public var field: String { steps.isEmpty ? "body" : spelled(\.field) }
}

extension Parameter.Name {
    /// The API's name for the parameter.
    fileprivate var field: String {
        switch self {
        case .callbackURL: "callback_url"
        case .checker: "checker"
        case .cpuTime: "cpu_time_ms"
        case .disk: "disk_mb"
        case .fileSize: "max_file_bytes"
        case .files: "files"
        case .idempotencyKey: "Idempotency-Key"
        case .interactor: "interactor"
        case .interleaved: "interleaved"
        case .isolation: "isolation"
        case .jobs: "jobs"
        case .language: "language"
        case .memory: "memory_mb"
        case .memoryLimit: "memory_limit_mb"
        case .output: "max_output_bytes"
        case .path: "path"
        case .processes: "max_processes"
        case .processors: "cpu_cores"
        case .resourceLimits: "resource_limits"
        case .sandbox: "sandbox_id"
        case .seccomp: "seccomp_enabled"
        case .security: "security"
        case .snapshot: "snapshot"
        case .onIdle: "on_idle"
        case .stack: "stack_mb"
        case .tests: "tests"
        case .timeLimit: "time_limit_ms"
        case .timeout: "timeout_ms"
        case .wallTimeLimit: "wall_time_limit_ms"
        case .workingDirectory: "working_dir"
        }
    }
}
