// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The records of a PAX header about a sparse file (GNU tar manual, "Storing Sparse Files", PAX formats 0.0, 0.1, 1.0).
struct PAXSparse {
    /// The place of the file's map.
    enum Layout {
        /// The file is stored whole and has no map.
        case none
        /// The map is in the records (0.0 and 0.1).
        case records
        /// The map is before the content (1.0).
        case content
    }

    private var major: UInt64?
    private var minor: UInt64?
    private var pairs: UInt64?
    private var hasMap = false
    /// The real name of the file. Its own header has a made-up name.
    private(set) var name: [UInt8]?
    /// Bytes of the file with its holes.
    private(set) var realSize: UInt64?
    /// The offset and the count of each part with data, one after the other.
    private(set) var numbers: [UInt64] = []

    mutating func apply(_ keyword: PAXKeyword, _ value: PAXValue) throws(TarError) {
        switch keyword {
        case .sparseMajor: major = try value.count()
        case .sparseMinor: minor = try value.count()
        case .sparseName: name = try value.requiredName()
        case .sparseSize, .sparseRealSize: realSize = try value.count()
        case .sparseCount: pairs = try value.count()
        case .sparseOffset: try append(value, isOffset: true)
        case .sparseBytes: try append(value, isOffset: false)
        case .sparseMap: try applyMap(value)
        default: break
        }
    }

    /// Adds one half of a pair of format 0.0. It repeats its two keywords for each pair.
    private mutating func append(_ value: PAXValue, isOffset: Bool) throws(TarError) {
        guard !hasMap, numbers.count.isMultiple(of: 2) == isOffset else {
            throw .badSparseMap(at: value.offset, "does not alternate offset and size")
        }
        numbers.append(try value.count())
    }

    private mutating func applyMap(_ value: PAXValue) throws(TarError) {
        guard numbers.isEmpty, !hasMap else { throw .badSparseMap(at: value.offset, "comes twice") }
        hasMap = true
        // It parses one number at a time. An array of all digits would take many times the bytes of the record.
        var rest = value.bytes
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: ",") }
            numbers.append(try PAXValue(bytes: digits, offset: value.offset).count())
            rest = rest.dropFirst(digits.count + 1)
        }
    }

    /// The place of the map, by the format of the records.
    ///
    /// - Throws: `badSparseMap` with `offset` when the records have none of the formats.
    func layout(at offset: UInt64) throws(TarError) -> Layout {
        switch (major, minor) {
        case (nil, nil) where realSize == nil && numbers.isEmpty && !hasMap && pairs == nil && name == nil:
            return .none
        case (1, 0):
            guard numbers.isEmpty, !hasMap else { throw .badSparseMap(at: offset, "comes twice") }
            return .content
        case (nil, nil), (0, 0), (0, 1):
            guard pairs.map({ $0 == UInt64(numbers.count / 2) }) ?? true else {
                throw .badSparseMap(at: offset, "has another number of parts than it says")
            }
            return .records
        default:
            throw .badSparseMap(at: offset, "has an unknown version")
        }
    }
}

extension TarError {
    /// An error about the map of the file whose header is at `offset`.
    static func badSparseMap(at offset: UInt64, _ problem: String) -> TarError {
        TarError(.badSparseMap, at: offset, "the sparse map of the entry at byte \(offset) \(problem)")
    }
}
