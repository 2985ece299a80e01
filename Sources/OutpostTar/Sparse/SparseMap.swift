// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The map of a sparse file while it is read from an archive.
struct SparseMap {
    /// The parts with data, without empty ones.
    private var extents: [TarExtent] = []
    /// Bytes of the file with its holes.
    let size: UInt64
    /// Bytes of the archive before the entry's header.
    let offset: UInt64
    /// The most parts, with empty ones.
    let limit: Int
    private var count = 0
    /// The end of the last part, in bytes of the file.
    private var end: UInt64 = 0

    init(size: UInt64, offset: UInt64, limits: TarLimits) {
        self.size = size
        self.offset = offset
        limit = limits.sparseExtents
    }

    /// Adds the next part. It drops empty parts. GNU tar ends a map with an empty part to mark the end of the file.
    ///
    /// - Throws: `badSparseMap` for a part that begins before the end of the last one or ends after the end of the file;
    ///   `limitExceeded` for too many parts.
    mutating func append(_ extent: TarExtent) throws(TarError) {
        count += 1
        guard count <= limit else { throw tooManyParts }
        guard extent.offset >= end else { throw .badSparseMap(at: offset, "has parts that overlap or run backwards") }
        guard extent.offset <= size, extent.count <= size - extent.offset else {
            throw .badSparseMap(at: offset, "has a part after the end of the file")
        }
        end = extent.offset + extent.count
        if extent.count > 0 { extents.append(extent) }
    }

    /// Adds parts from alternating offsets and counts.
    mutating func append(_ numbers: [UInt64]) throws(TarError) {
        guard numbers.count.isMultiple(of: 2) else { throw .badSparseMap(at: offset, "ends with half a part") }
        for position in stride(from: 0, to: numbers.count, by: 2) {
            try append(TarExtent(offset: numbers[position], count: numbers[position + 1]))
        }
    }

    /// Returns the parts when they have `stored` bytes together.
    ///
    /// - Throws: `badSparseMap` when they have more or fewer.
    func checked(stored: UInt64) throws(TarError) -> [TarExtent] {
        // The parts do not overlap within the file, so their sum cannot overflow.
        guard extents.reduce(0, { $0 + $1.count }) == stored else {
            throw .badSparseMap(at: offset, "does not match the number of stored bytes")
        }
        return extents
    }

    var notANumber: TarError { .badSparseMap(at: offset, "has something other than a number") }

    var tooManyParts: TarError {
        TarError(
            .limitExceeded, at: offset, "the sparse map of the entry at byte \(offset) has more than \(limit) parts")
    }
}
