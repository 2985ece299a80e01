// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ProcessLog: JSONBody {
    public static let schema = Schema.object(
        "What is kept of a process's output. With `Accept: text/event-stream` it comes live, as events `stdout`, `stderr`, "
            + "`dropped` and `end`.",
        [
            Field("id", .string("", checks: [.identifier(ProcessKind.self)]), required: true),
            Field("status", .enumeration("", ProcessStatus.self), required: true),
        ]
            + ["stdout", "stderr"].flatMap { name in
                [
                    Field(name, .string("The last MiB of the stream at most."), required: true),
                    Field(
                        "\(name)_encoding",
                        .enumeration("base64 when the bytes are not UTF-8.", OutputText.Encoding.self), required: true),
                ]
            } + [
                Field(
                    "dropped_bytes",
                    .integer("Bytes of both streams after `after_seq` that are gone.", 0...Int64.max), required: true),
                Field(
                    "seq", .integer("As `after_seq` of a later call: send only what came since.", 0...Int64.max),
                    required: true),
            ], isOpen: true
    ).named("ProcessOutput")

    public var json: JSONValue {
        var object = JSONObject([
            (name: "id", value: .string(id.rawValue)), (name: "status", value: .string(status.rawValue)),
        ])
        for (name, bytes) in [("stdout", stdout), ("stderr", stderr)] {
            let text = String(validating: bytes, as: UTF8.self)
            object[name] = .string(text ?? Base64.encode(bytes))
            object["\(name)_encoding"] = .string((text == nil ? OutputText.Encoding.base64 : .utf8).rawValue)
        }
        object["dropped_bytes"] = .integer(Int64(dropped))
        object["seq"] = .integer(Int64(end))
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        func bytes(_ name: String) throws(OutpostError) -> [UInt8] {
            let encoding = try object.required("\(name)_encoding", { $0.oneOf(OutputText.Encoding.self) })
            return try encoding.bytes(of: try object.required(name, \.stringValue), field: name)
        }
        self.init(
            id: try object.required("id", { $0.identifier(ProcessKind.self) }),
            status: try object.required("status", { $0.oneOf(ProcessStatus.self) }), stdout: try bytes("stdout"),
            stderr: try bytes("stderr"), dropped: try object.required("dropped_bytes", \.integerValue),
            end: try object.required("seq", \.integerValue))
    }
}
