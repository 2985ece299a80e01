// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The extended attributes of an entry.
struct PAXAttributes {
    /// The attributes of `SCHILY.xattr` records.
    private var plain: [[UInt8]: [UInt8]] = [:]
    /// The attributes of `LIBARCHIVE.xattr` records.
    private var encoded: [[UInt8]: [UInt8]] = [:]

    /// The attributes by name. libarchive writes both forms of an attribute; the plain one counts.
    var byName: [[UInt8]: [UInt8]] {
        encoded.isEmpty ? plain : plain.merging(encoded) { plain, _ in plain }
    }

    /// Stores a record if it is an extended attribute. An empty value makes an empty attribute and removes nothing, as in
    /// GNU tar and libarchive.
    ///
    /// - Returns: whether the record is an extended attribute.
    /// - Throws: `badName` and `badRecord` with `offset`.
    mutating func apply(_ record: PAXRecord, at offset: UInt64) throws(TarError) -> Bool {
        let prefix = PAXKeyword.attributePrefix.utf8
        if record.keyword.starts(with: prefix) {
            let name = unescaped(record.keyword.dropFirst(prefix.count)) { $0 == "=" || $0 == "%" }
            plain[try checked(name, at: offset)] = Array(record.value)
            return true
        }
        let encodedPrefix = PAXKeyword.encodedAttributePrefix.utf8
        guard record.keyword.starts(with: encodedPrefix) else { return false }
        let name = unescaped(record.keyword.dropFirst(encodedPrefix.count)) { _ in true }
        guard let value = decodedBase64(record.value) else { throw .badRecord(at: offset, "is not base64") }
        encoded[try checked(name, at: offset)] = value
        return true
    }

    private func checked(_ name: [UInt8], at offset: UInt64) throws(TarError) -> [UInt8] {
        guard !name.isEmpty, !name.contains(0) else {
            throw TarError(
                .badName, at: offset,
                "the name of an extended attribute in the PAX header at byte \(offset) is empty or has a NUL byte")
        }
        return name
    }
}
