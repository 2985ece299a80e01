// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// The type of a body by its header `Content-Type`.
enum BodyType {
    case json
    case form(boundary: String)

    /// - Parameter isFormTaken: whether the call accepts a form.
    /// - Throws: `unsupported_media_type` for any other type.
    init(_ header: String?, isFormTaken: Bool) throws(OutpostError) {
        let fields = try header.map { text throws(OutpostError) in try HeaderFields(text) }
        switch fields?.value {
        case "application/json": self = .json
        case FormBody.type where isFormTaken:
            guard let boundary = fields?["boundary"], (1...70).contains(boundary.utf8.count) else {
                throw OutpostError(.unsupportedMediaType, "the Content-Type must have a boundary of 1 to 70 characters")
            }
            self = .form(boundary: boundary)
        default:
            let types = "application/json" + (isFormTaken ? " or \(FormBody.type)" : "")
            throw OutpostError(.unsupportedMediaType, "the Content-Type of the body must be \(types)")
        }
    }
}
