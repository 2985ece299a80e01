// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension CapturedOutput {
    /// The fields for stdout and stderr.
    static let fields = fields(areNew: false)

    /// - Parameter areNew: whether records of earlier versions have only the text of each stream.
    static func fields(areNew: Bool) -> [Field] {
        ["stdout", "stderr"].flatMap { fields($0, areNew: areNew) }
    }

    private static func fields(_ name: String, areNew: Bool) -> [Field] {
        [
            Field(
                name, .string("What the program wrote to the stream, without omitted bytes."), required: true),
            Field(
                "\(name)_bytes", .integer("How many bytes the program wrote, kept or not.", 0...Int64.max),
                required: !areNew),
            Field("\(name)_truncated", .boolean("Whether bytes were left out."), required: !areNew),
            Field("\(name)_omitted_bytes", .integer("Bytes that were left out.", 0...Int64.max)),
            Field(
                "\(name)_omitted_at",
                .integer(
                    "How many kept bytes come before the omitted ones. Null when none were omitted.", 0...Int64.max
                )
                .orNull),
            Field(
                "\(name)_encoding",
                .enumeration("base64 when the bytes are not UTF-8.", OutputText.Encoding.self),
                required: !areNew),
        ]
    }
}

extension CapturedOutput {
    /// The most bytes that the kept output takes in JSON: as escaped text or as base64.
    public var mostJSONBytes: Int { max(JSONValue.escapedCount(bytes), Base64.count(of: bytes.count)) }
}

extension JSONObject {
    /// Sets the members for one stream. `name` is `stdout` or `stderr`.
    mutating func setOutput(_ name: String, _ output: CapturedOutput) {
        let text = OutputText(output)
        self[name] = .string(text.text)
        self["\(name)_bytes"] = .integer(Int64(output.total))
        self["\(name)_truncated"] = .bool(text.omitted > 0)
        self["\(name)_omitted_bytes"] = .integer(Int64(text.omitted))
        self["\(name)_omitted_at"] = text.omitted > 0 ? .integer(Int64(text.headCount)) : .null
        self["\(name)_encoding"] = .string(text.encoding.rawValue)
    }

    /// Reads the members of one stream. Records of earlier versions have fewer members: a compiler's output was always
    /// text, and only the start of output was kept.
    func output(_ name: String) throws(OutpostError) -> CapturedOutput {
        let text = try required(name, \.stringValue)
        let encoding = try optional("\(name)_encoding") { $0.oneOf(OutputText.Encoding.self) } ?? .utf8
        let bytes = try encoding.bytes(of: text, field: name)
        return CapturedOutput(
            bytes: bytes, total: try optional("\(name)_bytes", \.integerValue) ?? bytes.count,
            headCount: try optional("\(name)_omitted_at", \.integerValue))
    }
}
