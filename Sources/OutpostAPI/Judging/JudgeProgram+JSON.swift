// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension JudgeProgram {
    static func schema(_ doc: String) -> Schema {
        .object(
            doc,
            [
                Field("language", .language, required: true), Field("code", .string("Source text."), required: true),
                Field(
                    "files",
                    .array("Files beside the code, such as a header.", of: SandboxFile.schema, count: 0...1000)),
            ])
    }

    var json: JSONValue {
        ["language": .string(language), "code": .string(code), "files": .array(files.map(\.json))]
    }

    /// Reads the checker or interactor of a judge request; nil when it is absent.
    static func member(_ name: String, of object: JSONObject) throws(OutpostError) -> JudgeProgram? {
        guard let program = try object.optional(name, \.objectValue) else { return nil }
        return JudgeProgram(
            language: try program.required("language", \.stringValue),
            code: try program.required("code", \.stringValue),
            files: try program.list("files", decodedFile))
    }
}
