// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// A field name in a record that was written before documents had versions. These are the API's names of that time.
struct UnversionedKey: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral name: String) { stringValue = name }

    init(stringValue name: String) { stringValue = name }

    init?(intValue: Int) { nil }
}

typealias UnversionedObject = KeyedDecodingContainer<UnversionedKey>

extension Decoder {
    func unversioned() throws -> UnversionedObject { try container(keyedBy: UnversionedKey.self) }
}

extension KeyedDecodingContainer<UnversionedKey> {
    /// The case whose raw value is in the field `name`, or nil without the field.
    ///
    /// - Throws: `UnreadableDocument` for an unknown raw value.
    func named<Value: RawRepresentable<String>>(_ name: UnversionedKey) throws -> Value? {
        try decodeIfPresent(String.self, forKey: name).map { try Value(stored: $0, name.stringValue) }
    }

    /// As `named`, for a field that every record has.
    func requiredNamed<Value: RawRepresentable<String>>(_ name: UnversionedKey) throws -> Value {
        try Value(stored: try decode(String.self, forKey: name), name.stringValue)
    }

    func identifier<Kind>(_ name: UnversionedKey) throws -> Identifier<Kind> {
        try Identifier<Kind>(stored: try decode(String.self, forKey: name), name.stringValue)
    }

    func timestamp(_ name: UnversionedKey) throws -> Timestamp {
        let text = try decode(String.self, forKey: name)
        guard let moment = Timestamp(rfc3339: text) else {
            throw UnreadableDocument(reason: "\(name.stringValue) is '\(text)'")
        }
        return moment
    }

    /// Bytes from the text in the field `name`, or from base64 in the field `NAME_base64`.
    func bytes(_ name: String) throws -> [UInt8] {
        if let text = try decodeIfPresent(String.self, forKey: UnversionedKey(stringValue: name)) {
            return Array(text.utf8)
        }
        return Array(try decodeIfPresent(Data.self, forKey: UnversionedKey(stringValue: name + "_base64")) ?? Data())
    }

    /// The output of one stream. The oldest records have neither an encoding for a compiler's output nor
    /// `NAME_omitted_at`.
    func output(_ name: String) throws -> CapturedOutput {
        func key(_ suffix: String) -> UnversionedKey { UnversionedKey(stringValue: name + suffix) }
        let isText = try decodeIfPresent(String.self, forKey: key("_encoding")) != "base64"
        let bytes =
            isText
            ? Array(try decode(String.self, forKey: key("")).utf8) : Array(try decode(Data.self, forKey: key("")))
        return CapturedOutput(
            bytes: bytes, total: try decodeIfPresent(Int.self, forKey: key("_bytes")) ?? bytes.count,
            headCount: try decodeIfPresent(Int.self, forKey: key("_omitted_at")))
    }
}
