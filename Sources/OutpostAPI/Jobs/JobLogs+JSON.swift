// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension JobLogs: JSONBody {
    public static let schema = Schema.object(
        "What a job's program has written so far. With `Accept: text/event-stream` it comes live, as events `start`, "
            + "`stdout`, `stderr` and `end`.",
        [
            Field("id", .string("", checks: [.identifier(JobKind.self)]), required: true),
            Field("status", .enumeration("", JobStatus.self), required: true),
        ] + CapturedOutput.fields, isOpen: true
    ).named("JobLogs")

    public var json: JSONValue {
        var object = JSONObject([
            (name: "id", value: .string(id.rawValue)), (name: "status", value: .string(status.rawValue)),
        ])
        object.setOutput("stdout", stdout)
        object.setOutput("stderr", stderr)
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            id: try object.required("id", { $0.identifier(JobKind.self) }),
            status: try object.required("status", { $0.oneOf(JobStatus.self) }),
            stdout: try object.output("stdout"), stderr: try object.output("stderr"))
    }
}
