// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One record of a PAX header, such as `20 mtime=1700000000\n` (POSIX.1-2017, pax, "pax Extended Header").
struct PAXRecord {
    let keyword: ArraySlice<UInt8>
    let value: ArraySlice<UInt8>

    /// Parses the first record of `rest` and removes it.
    ///
    /// - Throws: `badRecord` with `offset`.
    init(from rest: inout ArraySlice<UInt8>, at offset: UInt64) throws(TarError) {
        let digits = rest.prefix { $0 != UInt8(ascii: " ") }
        guard let length = decimal(digits).flatMap({ Int(exactly: $0) }), length > digits.count + 1,
            length <= rest.count
        else { throw .badRecord(at: offset, "has a wrong length") }
        let record = rest.prefix(length)
        guard record.last == UInt8(ascii: "\n") else { throw .badRecord(at: offset, "does not end with a new line") }
        let body = record.dropFirst(digits.count + 1).dropLast()
        keyword = body.prefix { $0 != UInt8(ascii: "=") }
        guard !keyword.isEmpty, keyword.count < body.count else { throw .badRecord(at: offset, "has no keyword") }
        value = body.dropFirst(keyword.count + 1)
        rest = rest.dropFirst(length)
    }
}

/// Parses decimal digits. Nil for other bytes, and for a number that does not fit 64 bits.
func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        let (product, overflows) = value.multipliedReportingOverflow(by: 10)
        let (sum, carries) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        guard !overflows, !carries else { return nil }
        value = sum
    }
    return value
}

extension TarError {
    /// An error about a record of the PAX header at `offset`.
    static func badRecord(at offset: UInt64, _ problem: String) -> TarError {
        TarError(.badRecord, at: offset, "a record of the PAX header at byte \(offset) \(problem)")
    }
}
