// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Where a sparse file has data, as an archive says it.
struct SparseMap {
    /// Parts with data, as they stand in the archive; some may be empty.
    private var extents: [TarExtent] = []
    /// Bytes of the file with its holes.
    let size: UInt64
    /// Bytes of the archive before the entry's header.
    let offset: UInt64
    /// How many parts there may be.
    let limit: Int
    private var count = 0
    /// Where the last part ends.
    private var end: UInt64 = 0

    init(size: UInt64, offset: UInt64, limits: TarLimits) {
        self.size = size
        self.offset = offset
        limit = limits.sparseExtents
    }

    /// Takes the next part. GNU tar ends a map with an empty one, to say where the file ends; such parts hold nothing and
    /// are not kept.
    ///
    /// - Throws: `badSparseMap` for a part that begins before the last one ends, or that ends behind the file;
    ///   `limitExceeded` for one part too many.
    mutating func append(_ extent: TarExtent) throws(TarError) {
        count += 1
        guard count <= limit else { throw tooManyParts }
        guard extent.offset >= end else { throw .badSparseMap(at: offset, "has parts that overlap or run backwards") }
        guard extent.offset <= size, extent.count <= size - extent.offset else {
            throw .badSparseMap(at: offset, "has a part behind the end of the file")
        }
        end = extent.offset + extent.count
        if extent.count > 0 { extents.append(extent) }
    }

    /// As `append`, for offsets and counts in turn.
    mutating func append(_ numbers: [UInt64]) throws(TarError) {
        guard numbers.count.isMultiple(of: 2) else { throw .badSparseMap(at: offset, "ends with half a part") }
        for position in stride(from: 0, to: numbers.count, by: 2) {
            try append(TarExtent(offset: numbers[position], count: numbers[position + 1]))
        }
    }

    /// The parts, if they are what is stored.
    ///
    /// - Throws: `badSparseMap` unless they are `stored` bytes together.
    func checked(stored: UInt64) throws(TarError) -> [TarExtent] {
        // They lie side by side within the file, so their sum cannot overflow.
        guard extents.reduce(0, { $0 + $1.count }) == stored else {
            throw .badSparseMap(at: offset, "does not fit the bytes that are stored")
        }
        return extents
    }

    var notANumber: TarError { .badSparseMap(at: offset, "has something other than a number") }

    var tooManyParts: TarError {
        TarError(
            .limitExceeded, at: offset, "the sparse map of the entry at byte \(offset) has more than \(limit) parts")
    }
}
