// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the records of a PAX header say about holes (GNU tar manual, "Storing Sparse Files", PAX formats 0.0, 0.1, 1.0).
struct PAXSparse {
    /// Where the map of the file is.
    enum Layout {
        /// There is none: the file is stored whole.
        case none
        /// In the records (0.0 and 0.1).
        case records
        /// Before the content (1.0).
        case content
    }

    private var major: UInt64?
    private var minor: UInt64?
    private var pairs: UInt64?
    private var hasMap = false
    /// The name of the file, whose own header has a made-up one.
    private(set) var name: [UInt8]?
    /// Bytes of the file with its holes.
    private(set) var realSize: UInt64?
    /// Offset and count of each part with data, in turn.
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

    /// One half of a pair of format 0.0, whose keywords come again for each pair.
    private mutating func append(_ value: PAXValue, isOffset: Bool) throws(TarError) {
        guard !hasMap, numbers.count.isMultiple(of: 2) == isOffset else {
            throw .badSparseMap(at: value.offset, "does not have offset and size in turn")
        }
        numbers.append(try value.count())
    }

    private mutating func applyMap(_ value: PAXValue) throws(TarError) {
        guard numbers.isEmpty, !hasMap else { throw .badSparseMap(at: value.offset, "comes twice") }
        hasMap = true
        // One number after the other: a list of all of them would take many times the bytes of the record.
        var rest = value.bytes
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: ",") }
            numbers.append(try PAXValue(bytes: digits, offset: value.offset).count())
            rest = rest.dropFirst(digits.count + 1)
        }
    }

    /// Which of the formats the records are of.
    ///
    /// - Throws: `badSparseMap` with `offset` as the place, for none of them.
    func layout(at offset: UInt64) throws(TarError) -> Layout {
        switch (major, minor) {
        case (nil, nil) where realSize == nil && numbers.isEmpty && !hasMap && pairs == nil && name == nil:
            return .none
        case (1, 0):
            guard numbers.isEmpty, !hasMap else { throw .badSparseMap(at: offset, "comes twice") }
            return .content
        case (nil, nil), (0, 0), (0, 1):
            guard pairs.map({ $0 == UInt64(numbers.count / 2) }) ?? true else {
                throw .badSparseMap(at: offset, "has not as many parts as it says")
            }
            return .records
        default:
            throw .badSparseMap(at: offset, "has an unknown version")
        }
    }
}

extension TarError {
    /// The map of the file whose header is at `offset` has `problem`.
    static func badSparseMap(at offset: UInt64, _ problem: String) -> TarError {
        TarError(.badSparseMap, at: offset, "the sparse map of the entry at byte \(offset) \(problem)")
    }
}
