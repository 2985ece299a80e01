// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Bytes in a document. Valid UTF-8 is stored as text, which is shorter; other bytes are stored as base64.
struct StoredBytes: Codable {
    let text: String?
    let base64: Data?

    init(_ bytes: [UInt8]) {
        text = String(validating: bytes, as: UTF8.self)
        base64 = text == nil ? Data(bytes) : nil
    }

    /// The bytes.
    ///
    /// - Throws: `UnreadableDocument` when the document has neither form.
    func bytes() throws -> [UInt8] {
        if let text { return Array(text.utf8) }
        guard let base64 else { throw UnreadableDocument(reason: "it has neither text nor base64") }
        return Array(base64)
    }
}
