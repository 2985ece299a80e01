// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The value of a PAX record.
struct PAXValue {
    let bytes: ArraySlice<UInt8>
    /// Bytes of the archive before the PAX header.
    let offset: UInt64

    /// Reads a name.
    ///
    /// - Throws: `badName` for a name with a NUL byte. C code would see a shorter name.
    func name() throws(TarError) -> [UInt8] {
        guard !bytes.contains(0) else {
            throw TarError(.badName, at: offset, "a name in the PAX header at byte \(offset) has a NUL byte")
        }
        return Array(bytes)
    }

    /// As `name`, for a name that must not be empty.
    func requiredName() throws(TarError) -> [UInt8] {
        guard !bytes.isEmpty else {
            throw TarError(.badName, at: offset, "a name in the PAX header at byte \(offset) is empty")
        }
        return try name()
    }

    /// Reads a size or a count, up to the largest size of a file.
    func count() throws(TarError) -> UInt64 {
        guard let value = decimal(bytes) else { throw badNumber }
        guard value <= UInt64(Int64.max) else { throw outOfRange }
        return value
    }

    /// Reads a number that may be negative.
    func signed() throws(TarError) -> Int64 {
        let isNegative = bytes.first == UInt8(ascii: "-")
        guard let magnitude = decimal(isNegative ? bytes.dropFirst() : bytes) else { throw badNumber }
        guard let value = Int64(exactly: magnitude) else { throw outOfRange }
        return isNegative ? -value : value
    }

    /// Reads seconds with or without a fraction, such as `-1.5`. It rounds down to a nanosecond, towards the past.
    func time() throws(TarError) -> TarTime {
        let isNegative = bytes.first == UInt8(ascii: "-")
        let digits = isNegative ? bytes.dropFirst() : bytes
        let whole = digits.prefix { $0 != UInt8(ascii: ".") }
        let seconds = try PAXValue(bytes: whole, offset: offset).signed()
        guard seconds >= 0 else { throw badNumber }
        let fraction = try Fraction(digits.dropFirst(whole.count + 1), otherwise: badNumber)
        guard isNegative else { return TarTime(seconds: seconds, nanoseconds: fraction.nanoseconds) }
        let below = fraction.nanoseconds + (fraction.hasMore ? 1 : 0)
        if below == 0 { return TarTime(seconds: -seconds) }
        return TarTime(seconds: -seconds - 1, nanoseconds: 1_000_000_000 - below)
    }

    var badNumber: TarError {
        TarError(.badNumber, at: offset, "a value in the PAX header at byte \(offset) is not a number")
    }

    private var outOfRange: TarError {
        TarError(.numberOutOfRange, at: offset, "a number in the PAX header at byte \(offset) is out of range")
    }
}

/// The digits after the point of a decimal number.
private struct Fraction {
    var nanoseconds: UInt32 = 0
    /// Whether digits after the nanoseconds are not 0.
    var hasMore = false

    init(_ digits: ArraySlice<UInt8>, otherwise error: TarError) throws(TarError) {
        var unit: UInt32 = 100_000_000
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw error }
            let digit = UInt32(byte - UInt8(ascii: "0"))
            if unit == 0, digit > 0 { hasMore = true }
            nanoseconds += digit * unit
            unit /= 10
        }
    }
}
