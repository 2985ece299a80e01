// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The values of PAX headers. They replace fields of an entry's own header.
struct PAXRecords {
    var path: [UInt8]?
    var linkPath: [UInt8]?
    var size: UInt64?
    var uid: Int64?
    var gid: Int64?
    var modified: TarTime?
    var userName: [UInt8]?
    var groupName: [UInt8]?
    var attributes = PAXAttributes()
    var sparse = PAXSparse()

    /// Applies the records of one header to the values of earlier headers. A record with an empty value removes the
    /// earlier value, and the field of the entry's own header counts again.
    ///
    /// Names stay bytes, whatever `hdrcharset` says. A global header must not have a value that only one file can have.
    /// GNU tar and Python's tarfile would use it and libarchive would not, so they would find different files.
    ///
    /// - Throws: `badRecord`, `badName`, `badNumber`, `numberOutOfRange`, and `badSparseMap`.
    mutating func apply(_ body: ArraySlice<UInt8>, isGlobal: Bool, at offset: UInt64) throws(TarError) {
        var rest = body
        while !rest.isEmpty {
            let record = try PAXRecord(from: &rest, at: offset)
            if let keyword = PAXKeyword(record.keyword) {
                guard !isGlobal || keyword.mayBeGlobal else { throw .recordForAll(at: offset) }
                try apply(keyword, PAXValue(bytes: record.value, offset: offset))
            } else if try attributes.apply(record, at: offset), isGlobal {
                throw .recordForAll(at: offset)
            }
        }
    }

    private mutating func apply(_ keyword: PAXKeyword, _ value: PAXValue) throws(TarError) {
        let isEmpty = value.bytes.isEmpty
        switch keyword {
        case .path: path = isEmpty ? nil : try value.name()
        case .linkPath: linkPath = isEmpty ? nil : try value.name()
        case .size: size = isEmpty ? nil : try value.count()
        case .uid: uid = isEmpty ? nil : try value.signed()
        case .gid: gid = isEmpty ? nil : try value.signed()
        case .modified: modified = isEmpty ? nil : try value.time()
        case .userName: userName = isEmpty ? nil : try value.name()
        case .groupName: groupName = isEmpty ? nil : try value.name()
        case .characterSet: break
        default: try sparse.apply(keyword, value)
        }
    }
}

extension TarError {
    fileprivate static func recordForAll(at offset: UInt64) -> TarError {
        .badRecord(at: offset, "gives all files a value that only one file can have")
    }
}
