// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A program's output as a JSON string: the text itself, or base64 when the bytes are not UTF-8.
public struct OutputText: Hashable, Sendable {
    /// How `text` stands for the bytes.
    public enum Encoding: String, Sendable, CaseIterable {
        case utf8 = "utf-8"
        case base64
    }

    public let text: String
    public let encoding: Encoding

    /// The kept bytes of `output`. Where truncation cut a character in two, the part of it is left out.
    public init(_ output: CapturedOutput) {
        if let text = wholeText(output) {
            self.text = text
            encoding = .utf8
        } else {
            text = Base64.encode(output.bytes)
            encoding = .base64
        }
    }

    /// The text of a reply.
    public init(text: String, encoding: Encoding) {
        self.text = text
        self.encoding = encoding
    }

    /// The bytes that the text stands for, nil when it claims to be base64 and is not.
    public var bytes: [UInt8]? {
        switch encoding {
        case .utf8: Array(text.utf8)
        case .base64: Base64.decode(text)
        }
    }
}

private func wholeText(_ output: CapturedOutput) -> String? {
    if let text = String(validating: output.bytes, as: UTF8.self) { return text }
    guard output.isTruncated else { return nil }
    let cut = incompleteTailLength(output.bytes)
    return cut > 0 ? String(validating: output.bytes.dropLast(cut), as: UTF8.self) : nil
}

/// The length of a character's beginning that `bytes` end with, 0 when they end otherwise.
private func incompleteTailLength(_ bytes: [UInt8]) -> Int {
    let continuations = bytes.suffix(3).reversed().prefix { $0 & 0b1100_0000 == 0b1000_0000 }.count
    let tail = Array(bytes.suffix(continuations + 1))
    guard let lead = tail.first, tail.count < characterLength(lead) else { return 0 }
    if tail.count > 1, !secondBytes(after: lead).contains(tail[1]) { return 0 }
    return tail.count
}

/// Bytes in the character that `lead` opens, 0 when it opens none of several bytes.
private func characterLength(_ lead: UInt8) -> Int {
    switch lead {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
}

/// Without the overlong forms, the surrogates and what lies beyond the last scalar.
private func secondBytes(after lead: UInt8) -> ClosedRange<UInt8> {
    switch lead {
    case 0xE0: 0xA0...0xBF
    case 0xED: 0x80...0x9F
    case 0xF0: 0x90...0xBF
    case 0xF4: 0x80...0x8F
    default: 0x80...0xBF
    }
}
