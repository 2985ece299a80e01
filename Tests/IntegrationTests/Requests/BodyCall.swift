// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A call with a body, and the form of each of its fields.
struct BodyCall: Sendable, CustomStringConvertible {
    let path: String
    /// Members that make the body whole, as JSON, to which one bad field is added.
    let rest: [String: String]
    let fields: [String: Form]
    var description: String { path }

    /// What a field must be.
    enum Form: String, CaseIterable, Sendable {
        case text, flag, integer, number, list, object

        /// A value of the form.
        fileprivate var sample: String {
            switch self {
            case .text: "\"x\""
            case .flag: "true"
            case .integer: "7"
            case .number: "7.5"
            case .list: "[1]"
            case .object: "{\"x\":1}"
            }
        }

        /// JSON that no field of this form may have.
        var refused: [String] {
            let others = Form.allCases.filter { $0 != self && !(self == .number && $0 == .integer) }.map(\.sample)
            let bounds: [String] =
                switch self {
                case .integer: ["0", "-1", "1e400", "99999999999999999999", "-9223372036854775809", "NaN"]
                case .number: ["0", "-1", "-0.0", "1e400", "Infinity"]
                case .text: ["\"\\ud800\"", "\"unfinished", "'x'"]
                default: []
                }
            return ["null"] + others + bounds
        }
    }

    /// The body with `value` as the field `name`.
    func body(_ name: String, _ value: String) -> [UInt8] {
        var members = rest
        // Of two fields that stand for each other only one may be there.
        if name == "command" { members["code"] = nil }
        members[name] = value
        return Array("{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8)
    }

    private static let program: [String: Form] = [
        "code": .text, "command": .list, "deps": .list, "timeout_secs": .number, "timeout_ms": .integer,
        "resource_limits": .object, "stdin": .text, "stdin_base64": .text, "args": .list, "env": .list,
        "working_dir": .text, "files": .list, "concurrent": .flag, "language": .text,
    ]

    static let all = [
        BodyCall(
            path: "sandbox", rest: ["language": "\"bash\""],
            fields: [
                "language": .text, "image": .text, "mode": .text, "resource_limits": .object, "env": .list,
                "working_dir": .text, "disk_size_gb": .number, "ports": .list, "security": .object,
                "health_check": .object, "network": .object, "ttl_secs": .integer, "idle_timeout_secs": .integer,
                "on_idle": .text, "name": .text, "metadata": .object,
            ]),
        BodyCall(path: "sandbox/{id}/exec", rest: ["code": "\"\""], fields: program),
        BodyCall(
            path: "sandbox/execute", rest: ["language": "\"bash\"", "code": "\"\""],
            fields: program.merging(
                ["sandbox_id": .text, "image": .text, "network": .object, "security": .object], uniquingKeysWith: { $1 }
            )),
        BodyCall(
            path: "pat", rest: ["name": "\"bad-field\""],
            fields: [
                "name": .text, "namespace": .text, "scopes": .list, "expires_in_days": .integer, "plan": .text,
            ]),
    ]

    static let limits: [String: Form] = [
        "memory_mb": .integer, "cpu_cores": .number, "timeout_ms": .integer, "disk_mb": .integer,
        "max_processes": .integer, "max_output_bytes": .integer, "stack_mb": .integer,
        "max_file_bytes": .integer,
    ]
}
