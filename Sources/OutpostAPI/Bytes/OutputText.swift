// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A program's output as a JSON string: the text itself, or base64 when the bytes are not UTF-8.
public struct OutputText: Hashable, Sendable {
    /// How `text` stands for the bytes.
    public enum Encoding: String, Sendable, CaseIterable {
        case utf8 = "utf-8"
        case base64

        /// What `text` stands for, the value of `field`.
        ///
        /// - Throws: `invalid_request` when it is not base64.
        func bytes(of text: String, field: String) throws(OutpostError) -> [UInt8] {
            guard let bytes = self == .utf8 ? Array(text.utf8) : Base64.decode(text) else {
                throw .field(.invalidRequest, field, "is not base64")
            }
            return bytes
        }
    }

    public let text: String
    public let encoding: Encoding
    /// Bytes that the program wrote and the text does not stand for.
    public let omitted: Int
    /// Bytes that the text stands for before those.
    public let headCount: Int
    /// Which of the kept bytes the text stands for.
    let ranges: [Range<Int>]

    /// The kept bytes of `output`. A character that was cut in two, by a limit or by the program's end, is left out.
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

/// The text before and after what is missing, and where that begins; nil when it is no text.
private func wholeText(_ output: CapturedOutput) -> (head: String, tail: String, tailStart: Int)? {
    // What is missing may have begun within a character, and ended within one.
    let tail = output.bytes.dropFirst(output.headCount)
    let cut = tail.prefix(3).prefix { $0 & 0b1100_0000 == 0b1000_0000 }.count
    guard let head = text(output.bytes.prefix(output.headCount)), let tail = text(tail.dropFirst(cut)) else {
        return nil
    }
    return (head, tail, output.headCount + cut)
}

/// Without a last character that was not finished; nil when the rest is no text.
private func text(_ bytes: ArraySlice<UInt8>) -> String? {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let cut = incompleteTailLength(bytes)
    return cut > 0 ? String(validating: bytes.dropLast(cut), as: UTF8.self) : nil
}

/// The length of a character's beginning that `bytes` end with, 0 when they end otherwise.
func incompleteTailLength(_ bytes: ArraySlice<UInt8>) -> Int {
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
