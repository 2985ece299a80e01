// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension SandboxFile {
    static let schema = Schema.object(
        "A file to put into the sandbox before the program starts.",
        [
            Field(
                "path",
                .string(
                    "Absolute, or relative to the working directory.", length: 1...Int.max, maxBytes: 4096,
                    checks: [.noNUL, .noParentComponent, .componentLength, .namesFile]),
                required: true),
            Field("content", .string("The text.")),
            Field("content_base64", .string("The bytes in base64.", checks: [.base64])),
            Field(
                "mode",
                .string(
                    "Its permissions in octal: `0755`. By default that for content that begins with `#!`, else `0644`.",
                    checks: [.fileMode])),
        ],
        rules: [.exactlyOne("content", "content_base64")]
    ).named("File")

    var json: JSONValue {
        var object = JSONObject([(name: "path", value: .string(path))])
        object.setBytes("content", content)
        object["mode"] = .string("0" + String(mode, radix: 8))
        return .object(object)
    }

    init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            path: try object.required("path", \.stringValue), content: try object.bytes("content") ?? [],
            mode: try object.optional("mode", \.stringValue).flatMap { UInt32($0, radix: 8) })
    }
}

extension JSONObject {
    /// Sets the member `name` to the text of `bytes`. Bytes that are not UTF-8 go to `name_base64` in base64.
    mutating func setBytes(_ name: String, _ bytes: [UInt8]) {
        if let text = String(validating: bytes, as: UTF8.self) {
            self[name] = .string(text)
        } else {
            self[name + "_base64"] = .string(Base64.encode(bytes))
        }
    }

    /// Reads the member `name` as text or `name_base64` as base64; nil when both are absent.
    func bytes(_ name: String) throws(OutpostError) -> [UInt8]? {
        if let text = try optional(name, \.stringValue) { return Array(text.utf8) }
        return try optional(name + "_base64") { $0.stringValue.flatMap(Base64.decode) }
    }
}
