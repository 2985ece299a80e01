// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The path of a file in the path of a URL.
public enum FilePath {
    static let schema = Schema.string(
        "The path of the file, percent-encoded. It can have slashes. A path that begins with a slash (after the one that "
            + "ends `files`) is absolute; another path is below the sandbox's working directory.", length: 0...4096)

    /// Decodes the path of a file.
    ///
    /// - Parameters:
    ///   - text: the rest of the URL's path, percent-encoded.
    ///   - isFolder: whether the path is that of a folder. The working directory can have an empty path then, because many
    ///     clients remove `.` from a URL.
    /// - Throws: `invalid_request` for an empty path, a wrong encoding, a NUL byte, and bytes that are not UTF-8.
    public static func decode(_ text: String, isFolder: Bool = false) throws(OutpostError) -> String {
        let path = try QueryString.percentDecoded(text, of: "path")
        if path.isEmpty, isFolder { return "." }
        guard !path.isEmpty else { throw .field(.invalidRequest, "path", "must not be empty") }
        guard !path.utf8.contains(0) else { throw .field(.invalidRequest, "path", "must not contain NUL") }
        return path
    }
}

extension QueryString {
    /// Returns `text` with each `%XX` as the byte that it stands for (RFC 3986, section 2.1).
    ///
    /// - Throws: `invalid_request` that names `field` for a wrong encoding and for bytes that are not UTF-8.
    static func percentDecoded(_ text: String, of field: String) throws(OutpostError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let decoded = UInt8(Substring(digits), radix: 16)
            else { throw .field(.invalidRequest, field, "has a % without two hexadecimal digits") }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw .field(.invalidRequest, field, "is not UTF-8")
        }
        return decoded
    }

    /// Returns `text` with every byte as `%XX`, except the unreserved ones of RFC 3986, section 2.3.
    public static func percentEncoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            let character = Unicode.Scalar(byte)
            let isUnreserved =
                character.properties.isAlphabetic || (48...57).contains(byte) || "-._~".utf8.contains(byte)
            encoded += byte < 0x80 && isUnreserved ? String(character) : "%" + hexadecimal([byte]).uppercased()
        }
    }

    /// The schema of a parameter that is true when it is given, as in `?list` and `?list=true`.
    static func flag(_ doc: String) -> Schema {
        Schema.enumeration(doc + " The value can be left out.", ["", "true", "false"])
    }
}

extension JSONObject {
    /// Returns whether the parameter `name` is given and not `false`.
    func flag(_ name: String) throws(OutpostError) -> Bool {
        try optional(name, \.stringValue).map { $0 != "false" } ?? false
    }
}
