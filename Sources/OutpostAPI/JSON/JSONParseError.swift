// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The reason why the parser refuses a text.
public struct JSONParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let reason: Reason
    /// The number of bytes before the place where the parser stopped.
    public let offset: Int

    /// The kinds of refusal. The raw value is the text for people.
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

    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
