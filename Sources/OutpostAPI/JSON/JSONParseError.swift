// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Why a text is not the JSON that the parser takes.
public struct JSONParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of refusal.
    public enum Reason: String, Hashable, Sendable {
        case unexpectedByte = "unexpected byte"
        case unexpectedEnd = "unexpected end"
        case trailingContent = "content after the value"
        case invalidUTF8 = "invalid UTF-8"
        case controlCharacter = "control character in a string"
        case invalidEscape = "invalid escape"
        case loneSurrogate = "surrogate without its other half"
        case invalidNumber = "invalid number"
        case numberOutOfRange = "number out of range"
        case duplicateName = "duplicate name in an object"
        case tooDeep = "nested more than 64 deep"
        case tooManyValues = "more than 1000000 values"
    }

    public let reason: Reason
    /// Bytes before the place where the refusal was certain.
    public let offset: Int

    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
