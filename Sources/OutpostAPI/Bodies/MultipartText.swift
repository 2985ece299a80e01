// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The parts of a body of the type `multipart/form-data` (RFC 7578, RFC 2046 section 5.1).
struct MultipartText {
    let parts: [Part]

    /// One part, undecoded.
    struct Part: Hashable {
        let name: String
        /// Nil for a part that is not a file.
        let fileName: String?
        let content: ArraySlice<UInt8>
    }

    /// Splits `bytes` at the delimiter that `boundary` makes.
    ///
    /// - Throws: `invalid_request` that names what is malformed.
    init(_ bytes: [UInt8], boundary: String) throws(OutpostError) {
        // The line break before a delimiter belongs to the delimiter. The first delimiter may lack it.
        let delimiter = Array("\r\n--\(boundary)".utf8)
        var parts: [Part] = []
        guard var position = Self.start(of: bytes, delimiter) else { throw Self.problem("has no part") }
        while !bytes[position...].starts(with: Array("--".utf8)) {
            guard let begin = Self.endOfLine(bytes, position) else { throw Self.problem("ends within a part") }
            guard let end = Self.find(delimiter, in: bytes[begin...]) else { throw Self.problem("ends within a part") }
            parts.append(try Self.part(bytes[begin..<end]))
            if parts.count > Self.mostParts { throw Self.problem("has more than \(Self.mostParts) parts") }
            position = end + delimiter.count
        }
        self.parts = parts
    }

    private static let mostParts = 1100

    /// Returns the position after the first delimiter.
    private static func start(of bytes: [UInt8], _ delimiter: [UInt8]) -> Int? {
        if bytes.starts(with: delimiter.dropFirst(2)) { return delimiter.count - 2 }
        return find(delimiter, in: bytes[...]).map { $0 + delimiter.count }
    }

    /// Returns the position of the line break that ends a delimiter's line; nil unless only white space comes before
    /// it. The line break itself is not skipped: a part without headers needs it for the empty line that ends its
    /// headers.
    private static func endOfLine(_ bytes: [UInt8], _ position: Int) -> Int? {
        let rest = bytes[position...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return rest.starts(with: lineBreak) ? rest.startIndex : nil
    }

    private static func part(_ bytes: ArraySlice<UInt8>) throws(OutpostError) -> Part {
        guard let end = find(lineBreak + lineBreak, in: bytes) else { throw problem("has a part without headers") }
        var name: String?
        var fileName: String?
        for line in String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { throw problem("has a part with the header \(line)") }
            let value = line[line.index(after: colon)...]
            switch line[..<colon].lowercased() {
            case "content-disposition":
                let fields = try HeaderFields(value)
                guard fields.value == "form-data" else { throw problem("has a part that is not form-data") }
                name = fields["name"]
                fileName = fields["filename"]
            case "content-transfer-encoding":
                let encoding = value.trimmingSpaces.lowercased()
                guard ["binary", "8bit", "7bit"].contains(encoding) else {
                    throw problem("has a part with the Content-Transfer-Encoding \(encoding)")
                }
            default: break
            }
        }
        guard let name else { throw problem("has a part without a name") }
        return Part(name: name, fileName: fileName, content: bytes[(end + 4)...])
    }

    private static let lineBreak = Array("\r\n".utf8)

    private static func problem(_ text: String) -> OutpostError { .field(.invalidRequest, "body", ErrorText(text)) }

    /// Returns the position of the first `pattern`.
    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first, bytes.count >= pattern.count else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            var position = 0
            let last = buffer.count - pattern.count
            while position <= last {
                if buffer[position] == first, buffer[position..<position + pattern.count].elementsEqual(pattern) {
                    return bytes.startIndex + position
                }
                position += 1
            }
            return nil
        }
    }
}

/// A header's value and its parameters, as in `form-data; name="files"; filename="a b"` (RFC 9110, section 5.6.6).
public struct HeaderFields: Hashable, Sendable {
    /// The value before the first parameter, in lower case.
    public let value: String
    private var parameters: [String: String] = [:]

    /// Returns the value of a parameter; nil when it is absent. `name` is in lower case.
    public subscript(_ name: String) -> String? { parameters[name] }

    /// Parses the text of a header after its name.
    ///
    /// - Throws: `invalid_request` when the text is malformed or has a parameter twice.
    public init(_ text: some StringProtocol) throws(OutpostError) {
        var rest = Substring(text)
        value = rest.prefix { $0 != ";" }.trimmingSpaces.lowercased()
        rest = rest.drop { $0 != ";" }
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty { break }
            let name = rest.prefix { $0 != "=" && $0 != ";" }.trimmingSpaces.lowercased()
            rest = rest.drop { $0 != "=" && $0 != ";" }
            guard rest.first == "=" else { throw Self.problem(text) }
            rest = rest.dropFirst()
            let parameter = rest.first == "\"" ? try Self.quoted(&rest, text) : Self.token(&rest)
            guard parameters.updateValue(parameter, forKey: name) == nil else { throw Self.problem(text) }
        }
    }

    private static func token(_ rest: inout Substring) -> String {
        let token = rest.prefix { $0 != ";" }
        rest = rest.dropFirst(token.count)
        return String(token.trimmingSpaces)
    }

    /// Reads a quoted string. Clients write a quotation mark in it as `\"`, and browsers as `%22`.
    private static func quoted(_ rest: inout Substring, _ text: some StringProtocol) throws(OutpostError) -> String {
        var result = ""
        rest = rest.dropFirst()
        while let character = rest.popFirst(), character != "\"" {
            let isEscape = character == "\\" && (rest.first == "\"" || rest.first == "\\")
            result.append(isEscape ? rest.removeFirst() : character)
            if rest.isEmpty { throw problem(text) }
        }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        guard rest.isEmpty || rest.first == ";" else { throw problem(text) }
        return result.split(separator: "%22", omittingEmptySubsequences: false).joined(separator: "\"")
    }

    private static func problem(_ text: some StringProtocol) -> OutpostError {
        OutpostError(.invalidRequest, "a header cannot be read: \(text.prefix(200))")
    }
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    public var trimmingSpaces: Substring {
        var text = Substring(self)
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
