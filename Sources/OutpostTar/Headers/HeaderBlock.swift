// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A block of 512 bytes that should be a header.
struct HeaderBlock {
    /// The layout of the header's fields.
    enum Format {
        /// The format before POSIX. It has no names of users, no devices and no prefix.
        case v7
        /// The format of POSIX. It has a prefix before the name.
        case ustar
        /// The format of GNU tar before PAX headers. It has other fields in place of the prefix.
        case gnu
    }

    /// Bytes of a block. A header is one block. Everything else is padded to whole blocks.
    static let size = 512

    private let bytes: ArraySlice<UInt8>
    /// Bytes of the archive before the header.
    let offset: UInt64

    /// - Parameter bytes: 512 bytes.
    init(_ bytes: ArraySlice<UInt8>, offset: UInt64) {
        self.bytes = bytes
        self.offset = offset
    }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    subscript(_ position: Int) -> UInt8 { bytes[bytes.startIndex + position] }

    func slice(_ start: Int, _ count: Int) -> ArraySlice<UInt8> {
        bytes[(bytes.startIndex + start)..<(bytes.startIndex + start + count)]
    }

    /// The bytes of a field up to its first NUL. A name that fills its field has no NUL.
    func text(_ field: HeaderField) -> ArraySlice<UInt8> {
        slice(field.start, field.count).prefix { $0 != 0 }
    }

    var type: UInt8 { self[HeaderField.type.start] }

    var format: Format {
        let magic = slice(HeaderField.magic.start, HeaderField.magic.count)
        if magic.elementsEqual("ustar  \0".utf8) { return .gnu }
        return magic.starts(with: "ustar".utf8) ? .ustar : .v7
    }

    /// The number in a field, or `recorded`, the number that a PAX record gives in its place. The field must be a number
    /// in both cases. Otherwise some readers refuse the archive, and Python's tarfile takes the header for the end of the
    /// archive.
    ///
    /// - Throws: `badNumber` and `numberOutOfRange`.
    func number(_ field: HeaderField, unless recorded: Int64? = nil) throws(TarError) -> Int64 {
        do {
            let written = try headerNumber(slice(field.start, field.count))
            return recorded ?? written
        } catch {
            switch error {
            case .notANumber:
                throw TarError(
                    .badNumber, at: offset, "the field \(field.label) of the header at byte \(offset) is not a number")
            case .outOfRange:
                guard let recorded else { throw outOfRange(field) }
                return recorded
            }
        }
    }

    /// As `number`, for a field that cannot be negative.
    func count(_ field: HeaderField, unless recorded: UInt64? = nil) throws(TarError) -> UInt64 {
        // `PAXValue.count` returns only values that fit.
        let value = try number(field, unless: recorded.map { Int64(clamping: $0) })
        guard let count = UInt64(exactly: value) else { throw outOfRange(field) }
        return count
    }

    /// As `number`, for the numbers of a device.
    func deviceNumber(_ field: HeaderField) throws(TarError) -> UInt32 {
        guard let value = UInt32(exactly: try number(field)) else { throw outOfRange(field) }
        return value
    }

    private func outOfRange(_ field: HeaderField) -> TarError {
        TarError(
            .numberOutOfRange, at: offset,
            "the number in the field \(field.label) of the header at byte \(offset) is out of range")
    }
}
