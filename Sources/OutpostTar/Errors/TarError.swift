// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The error type of reading and writing archives.
public struct TarError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of an error.
    public enum Code: String, CaseIterable, Hashable, Sendable {
        /// The input ends within a header or within the content of an entry.
        case truncated
        /// The checksum of a header is not the sum of its bytes.
        case badChecksum = "bad_checksum"
        /// A field of a number has other characters.
        case badNumber = "bad_number"
        /// A number is too large, or negative where this is not allowed.
        case numberOutOfRange = "number_out_of_range"
        /// The reader does not know the type of an entry.
        case unknownType = "unknown_type"
        /// A name is empty or has a NUL byte.
        case badName = "bad_name"
        /// A record of a PAX header does not have the form that POSIX defines, or is not allowed in that header.
        case badRecord = "bad_record"
        /// The map of a sparse file contradicts itself or the sizes of the file.
        case badSparseMap = "bad_sparse_map"
        /// A header that describes the next entry comes twice or has no entry after it.
        case misplacedHeader = "misplaced_header"
        /// The archive needs more than `TarLimits` allows.
        case limitExceeded = "limit_exceeded"
        /// The format cannot store a value of the entry.
        case unwritable
        /// The entry got more bytes of content than its size.
        case contentTooLong = "content_too_long"
        /// The entry got fewer bytes of content than its size.
        case contentTooShort = "content_too_short"
        /// The writer's calls came in a wrong order.
        case wrongOrder = "wrong_order"
    }

    /// The kind of the error.
    public let code: Code
    /// Bytes of the archive before the faulty header or block.
    public let offset: UInt64
    /// A sentence for people. It quotes no name and no value of the archive.
    public let message: String

    /// Makes an error about the header or block at `offset`, in bytes from the start of the archive.
    public init(_ code: Code, at offset: UInt64, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
