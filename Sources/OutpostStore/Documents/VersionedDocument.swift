// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// A record as a store keeps it: JSON of the store's own, which no answer of the API has to look like.
///
/// A field that is added later is optional, since older records lack it. A renamed property keeps its old coding key. Fields
/// that this version does not know are left out. Whatever else changes takes a new version.
protocol VersionedDocument: Codable {
    /// What the document stands for.
    associatedtype Value
    /// The form of the records that were written before documents had versions.
    associatedtype Unversioned: DocumentForm where Unversioned.Value == Value

    /// The version that is written.
    static var version: Int { get }

    init(_ value: Value)

    /// - Throws: `UnreadableDocument` for the name of something that this version does not know.
    func value() throws -> Value
}

/// One form of a record that can be read.
protocol DocumentForm: Decodable {
    associatedtype Value
    var value: Value { get }
}

/// A record that this version cannot read.
struct UnreadableDocument: Error, Hashable {
    let reason: String
}

extension VersionedDocument {
    /// The document of `value`.
    ///
    /// - Throws: what the encoder throws.
    static func bytes(of value: Value) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return Array(try encoder.encode(Self(value)))
    }

    /// The value of a document of any version up to this one.
    ///
    /// - Throws: `UnreadableDocument`, which names a version that is not known; `DecodingError`.
    static func value(in bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(AnyVersion<Self>.self, from: Data(bytes)).value
    }
}

/// Reads the version first, and then the rest as that version has it.
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
    /// The case that `name` is the raw value of.
    ///
    /// - Throws: `UnreadableDocument`, which names the field.
    init(stored name: String, _ field: String) throws {
        guard let known = Self(rawValue: name) else {
            throw UnreadableDocument(reason: "\(field) is '\(name)', which this version of outpost does not know")
        }
        self = known
    }
}

extension Identifier {
    /// - Throws: `UnreadableDocument`, which names the field.
    init(stored text: String, _ field: String) throws {
        guard let id = Self(text) else { throw UnreadableDocument(reason: "\(field) is '\(text)'") }
        self = id
    }
}
