// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension CapturedOutput {
    /// Those that tell of both streams.
    static let fields = ["stdout", "stderr"].flatMap { name in
        [
            Field(name, .string("What it wrote, from the start to the cap."), required: true),
            Field("\(name)_bytes", .integer("Bytes it wrote, kept or not.", 0...Int64.max), required: true),
            Field("\(name)_truncated", .boolean("Whether bytes were left out."), required: true),
            Field(
                "\(name)_encoding",
                .enumeration("base64 when the bytes are not UTF-8.", OutputText.Encoding.self), required: true),
        ]
    }
}

extension JSONObject {
    mutating func setOutput(_ name: String, _ output: CapturedOutput) {
        let text = OutputText(output)
        self[name] = .string(text.text)
        self["\(name)_bytes"] = .integer(Int64(output.total))
        self["\(name)_truncated"] = .bool(output.isTruncated)
        self["\(name)_encoding"] = .string(text.encoding.rawValue)
    }

    func output(_ name: String) throws(OutpostError) -> CapturedOutput {
        let text = OutputText(
            text: try required(name, \.stringValue),
            encoding: try required("\(name)_encoding", { $0.oneOf(OutputText.Encoding.self) }))
        guard let bytes = text.bytes else { throw .field(.invalidRequest, name, "is not base64") }
        return CapturedOutput(bytes: bytes, total: try required("\(name)_bytes", \.integerValue))
    }
}
