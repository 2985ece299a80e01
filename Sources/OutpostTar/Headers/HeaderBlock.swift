// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A block of 512 bytes that should be a header.
struct HeaderBlock {
    /// Bytes of a block. Headers are one block, and everything else is padded to whole blocks.
    static let size = 512

    /// Which of the layouts that grew over the years the header has.
    enum Format {
        /// Before POSIX: no names of users, no devices, no prefix.
        case v7
        /// POSIX, with a prefix before the name.
        case ustar
        /// GNU tar before it wrote PAX headers: other fields where POSIX has the prefix.
        case gnu
    }

    private let bytes: ArraySlice<UInt8>
    /// Bytes of the archive before the header.
    let offset: UInt64

    /// The header in `bytes`, which are 512.
    init(_ bytes: ArraySlice<UInt8>, offset: UInt64) {
        self.bytes = bytes
        self.offset = offset
    }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    subscript(_ position: Int) -> UInt8 { bytes[bytes.startIndex + position] }

    func slice(_ start: Int, _ count: Int) -> ArraySlice<UInt8> {
        bytes[(bytes.startIndex + start)..<(bytes.startIndex + start + count)]
    }

    /// The bytes of a field up to its first NUL. A name may fill its field, and has no NUL then.
    func text(_ field: HeaderField) -> ArraySlice<UInt8> {
        slice(field.start, field.count).prefix { $0 != 0 }
    }

    var type: UInt8 { self[HeaderField.type.start] }

    var format: Format {
        let magic = slice(HeaderField.magic.start, HeaderField.magic.count)
        if magic.elementsEqual("ustar  \0".utf8) { return .gnu }
        return magic.starts(with: "ustar".utf8) ? .ustar : .v7
    }

    /// The number in a field, or the one that a record gives in its place. The field must be a number even then: where it
    /// is none, some readers refuse the archive, and Python's tarfile takes the header for its end.
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

    /// As `number`, where nothing can be negative.
    func count(_ field: HeaderField, unless recorded: UInt64? = nil) throws(TarError) -> UInt64 {
        // A record's count is one of `PAXValue`, which all fit.
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
