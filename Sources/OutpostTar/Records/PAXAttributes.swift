// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The extended attributes of an entry.
struct PAXAttributes {
    /// As they are in `SCHILY.xattr` records.
    private var plain: [[UInt8]: [UInt8]] = [:]
    /// As they are in `LIBARCHIVE.xattr` records.
    private var encoded: [[UInt8]: [UInt8]] = [:]

    /// By name. Where both forms give a value, and libarchive writes both, the plain one counts.
    var byName: [[UInt8]: [UInt8]] {
        encoded.isEmpty ? plain : plain.merging(encoded) { plain, _ in plain }
    }

    /// Takes over a record if it is an extended attribute. An empty value is the attribute's, as it is for GNU tar and
    /// libarchive, and takes nothing away.
    ///
    /// - Returns: whether it is one.
    /// - Throws: `badName` and `badRecord` with `offset` as the place.
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
