// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A program's output as a JSON string: text, or base64 when the bytes are not UTF-8.
public struct OutputText: Hashable, Sendable {
    /// The output in the encoding `encoding`.
    public let text: String
    /// How `text` encodes the bytes.
    public let encoding: Encoding
    /// The number of bytes that the program wrote and `text` does not contain.
    public let omitted: Int
    /// The number of bytes in `text` before the omitted ones.
    public let headCount: Int
    /// The positions in the kept bytes that `text` contains.
    let ranges: [Range<Int>]

    /// How bytes become a JSON string.
    public enum Encoding: String, Sendable, CaseIterable {
        case utf8 = "utf-8"
        case base64

        /// Returns the bytes that `text`, the value of `field`, encodes.
        ///
        /// - Throws: `invalid_request` when the text is not base64.
        func bytes(of text: String, field: String) throws(OutpostError) -> [UInt8] {
            guard let bytes = self == .utf8 ? Array(text.utf8) : Base64.decode(text) else {
                throw .field(.invalidRequest, field, "is not base64")
            }
            return bytes
        }
    }

    /// Encodes the kept bytes of `output`. Text leaves out a character that a limit or the program's end cut in two.
    public init(_ output: CapturedOutput) {
        if let (head, tail, tailStart) = wholeText(output) {
            text = head + tail
            encoding = .utf8
            headCount = head.utf8.count
            omitted = output.total - headCount - tail.utf8.count
            ranges = [0..<headCount, tailStart..<tailStart + tail.utf8.count]
        } else {
            text = Base64.encode(output.bytes)
            encoding = .base64
            headCount = output.headCount
            omitted = output.total - output.bytes.count
            ranges = [output.bytes.indices]
        }
    }
}

/// Returns the text before and after the omitted bytes, and the position where `tail` begins; nil when the bytes are
/// not UTF-8.
private func wholeText(_ output: CapturedOutput) -> (head: String, tail: String, tailStart: Int)? {
    // The omitted bytes may begin and end in the middle of a character.
    let tail = output.bytes.dropFirst(output.headCount)
    let cut = tail.prefix(3).prefix { $0 & 0b1100_0000 == 0b1000_0000 }.count
    guard let head = text(output.bytes.prefix(output.headCount)), let tail = text(tail.dropFirst(cut)) else {
        return nil
    }
    return (head, tail, output.headCount + cut)
}

/// Returns `bytes` as text without an incomplete last character; nil when the rest is not UTF-8.
private func text(_ bytes: ArraySlice<UInt8>) -> String? {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let cut = incompleteTailLength(bytes)
    return cut > 0 ? String(validating: bytes.dropLast(cut), as: UTF8.self) : nil
}

/// Returns the length of an incomplete character at the end of `bytes`; 0 when there is none.
func incompleteTailLength(_ bytes: ArraySlice<UInt8>) -> Int {
    let continuations = bytes.suffix(3).reversed().prefix { $0 & 0b1100_0000 == 0b1000_0000 }.count
    let tail = Array(bytes.suffix(continuations + 1))
    guard let lead = tail.first, tail.count < characterLength(lead) else { return 0 }
    if tail.count > 1, !secondBytes(after: lead).contains(tail[1]) { return 0 }
    return tail.count
}

/// Returns the length of a character that begins with `lead`; 0 unless it has two bytes or more.
private func characterLength(_ lead: UInt8) -> Int {
    switch lead {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
}

/// Returns the bytes that may follow `lead`. Excludes overlong forms, surrogates, and values above U+10FFFF.
private func secondBytes(after lead: UInt8) -> ClosedRange<UInt8> {
    switch lead {
    case 0xE0: 0xA0...0xBF
    case 0xED: 0x80...0x9F
    case 0xF0: 0x90...0xBF
    case 0xF4: 0x80...0x8F
    default: 0x80...0xBF
    }
}
