// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// JSON with a version, in the store's own format. The format is independent of the API.
///
/// A field that is added later is optional, because older records lack it. A renamed property keeps its old coding key. A
/// reader ignores unknown fields. Any other change needs a new version.
protocol VersionedDocument: Codable {
    /// The type that the document stores.
    associatedtype Value
    /// The form of the records that were written before documents had versions.
    associatedtype Unversioned: DocumentForm where Unversioned.Value == Value

    /// The version that `bytes(of:)` writes.
    static var version: Int { get }

    init(_ value: Value)

    /// The stored value.
    ///
    /// - Throws: `UnreadableDocument` for a name that this version does not know.
    func value() throws -> Value
}

/// One readable form of a record.
protocol DocumentForm: Decodable {
    associatedtype Value
    var value: Value { get }
}

/// A record that this version cannot read.
struct UnreadableDocument: Error, Hashable {
    let reason: String
}

extension VersionedDocument {
    /// Encodes `value` as a document.
    ///
    /// - Throws: the encoder's error.
    static func bytes(of value: Value) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return Array(try encoder.encode(Self(value)))
    }

    /// Decodes a document of this version or an earlier one.
    ///
    /// - Throws: `UnreadableDocument` for a newer version; `DecodingError`.
    static func value(in bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(AnyVersion<Self>.self, from: Data(bytes)).value
    }
}

/// Reads the version of a document, then the rest in the form of that version.
private struct AnyVersion<Document: VersionedDocument>: Decodable {
    let value: Document.Value

    private enum CodingKeys: String, CodingKey { case version }

    init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Int.self, forKey: .version) {
        case nil: value = try Document.Unversioned(from: decoder).value
        case Document.version: value = try Document(from: decoder).value()
        case let version?:
            throw UnreadableDocument(
                reason: "its version is \(version), and this version of outpost reads up to \(Document.version)")
        }
    }
}

extension RawRepresentable where RawValue == String {
    /// The case with the raw value `name`.
    ///
    /// - Throws: `UnreadableDocument`, which names `field`.
    init(stored name: String, _ field: String) throws {
        guard let known = Self(rawValue: name) else {
            throw UnreadableDocument(reason: "\(field) is '\(name)', which this version of outpost does not know")
        }
        self = known
    }
}

extension Identifier {
    /// The identifier with the text `text`.
    ///
    /// - Throws: `UnreadableDocument`, which names `field`.
    init(stored text: String, _ field: String) throws {
        guard let id = Self(text) else { throw UnreadableDocument(reason: "\(field) is '\(text)'") }
        self = id
    }
}
