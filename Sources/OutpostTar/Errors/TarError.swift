// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The one error of reading and writing archives.
public struct TarError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: String, CaseIterable, Hashable, Sendable {
        /// The input ends within a header or within the content of an entry.
        case truncated
        /// The checksum of a header is not the sum of its bytes.
        case badChecksum = "bad_checksum"
        /// A field holds something other than a number.
        case badNumber = "bad_number"
        /// A number is too large, or negative where it must not be.
        case numberOutOfRange = "number_out_of_range"
        /// The type of an entry is none that the reader knows.
        case unknownType = "unknown_type"
        /// A name is empty or has a NUL byte where neither can be.
        case badName = "bad_name"
        /// A record of a PAX header is not of the form that POSIX gives it, or says what no record may say there.
        case badRecord = "bad_record"
        /// The map of a sparse file contradicts itself, or contradicts the sizes of the file.
        case badSparseMap = "bad_sparse_map"
        /// A header that describes the next entry has no entry behind it, or comes twice.
        case misplacedHeader = "misplaced_header"
        /// The archive asks for more than `TarLimits` allows.
        case limitExceeded = "limit_exceeded"
        /// The entry has a value that the format cannot hold.
        case unwritable
        /// More bytes of content came than the entry has.
        case contentTooLong = "content_too_long"
        /// The entry ended before all of its content came.
        case contentTooShort = "content_too_short"
        /// The writer was asked for a part of the archive that cannot come next.
        case wrongOrder = "wrong_order"
    }

    /// What is wrong.
    public let code: Code
    /// Bytes of the archive before the header or block that is wrong.
    public let offset: UInt64
    /// A sentence for people. It quotes no name and no value of the archive.
    public let message: String

    /// An error about what begins at `offset`, in bytes from the start of the archive.
    public init(_ code: Code, at offset: UInt64, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
