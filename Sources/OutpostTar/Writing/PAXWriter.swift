// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Builds a PAX header (POSIX.1-2017, pax, "pax Extended Header").
struct PAXWriter {
    private var records: [UInt8] = []
    private var needsBinary = false

    /// Whether no record was added.
    var isEmpty: Bool { records.isEmpty }

    /// Adds a record with a number or other plain text.
    mutating func add(_ keyword: PAXKeyword, _ value: String) {
        records += record(Array(keyword.rawValue.utf8), Array(value.utf8))
    }

    /// Adds a record with a name. POSIX requires UTF-8 unless a record says that the names are plain bytes.
    mutating func add(_ keyword: PAXKeyword, _ name: [UInt8]) {
        if String(validating: name, as: UTF8.self) == nil { needsBinary = true }
        records += record(Array(keyword.rawValue.utf8), name)
    }

    /// Adds an extended attribute.
    mutating func add(attribute name: [UInt8], _ value: [UInt8]) {
        records += record(Array(PAXKeyword.attributePrefix.utf8) + escaped(name), value)
    }

    /// The header, its records, and their padding.
    var bytes: [UInt8] {
        let binary = record(Array(PAXKeyword.characterSet.rawValue.utf8), Array("BINARY".utf8))
        let body = (needsBinary ? binary : []) + records
        var header = HeaderWriter(type: HeaderType.records)
        // Only a reader without PAX uses this name.
        header.write("././@PaxHeader".utf8, to: .name)
        header.write(0o644, to: .mode)
        for field in [HeaderField.uid, .gid, .modified, .deviceMajor, .deviceMinor] { header.write(0, to: field) }
        header.write(UInt64(body.count), to: .size)
        return header.bytes + body + [UInt8](repeating: 0, count: paddingBytes(after: UInt64(body.count)))
    }

    /// One record, such as `27 path=...\n`. The length includes its own digits.
    private func record(_ keyword: [UInt8], _ value: [UInt8]) -> [UInt8] {
        let rest = [UInt8(ascii: " ")] + keyword + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
        var length = rest.count
        while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
        return Array(String(length).utf8) + rest
    }
}
