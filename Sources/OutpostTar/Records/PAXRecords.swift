// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What PAX headers say about entries, in place of the fields of their own headers.
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
    /// Whether the path and the target of the link come from the entry's own PAX header, not from a global one.
    var hasOwnPath = false
    var hasOwnLinkPath = false

    /// Takes over the records of one header. `self` is what held before it, and an empty value takes that away, so that
    /// the field of the entry's own header counts again.
    ///
    /// Names stay bytes whatever `hdrcharset` says.
    ///
    /// - Throws: `badRecord`, `badName`, `badNumber`, `numberOutOfRange`, and `badSparseMap`.
    mutating func apply(_ body: ArraySlice<UInt8>, isGlobal: Bool, at offset: UInt64) throws(TarError) {
        var rest = body
        while !rest.isEmpty {
            let record = try PAXRecord(from: &rest, at: offset)
            let value = PAXValue(bytes: record.value, offset: offset)
            if let keyword = PAXKeyword(record.keyword) {
                try apply(keyword, value, isGlobal: isGlobal)
            } else if try attributes.apply(record, at: offset), isGlobal {
                throw .badRecord(at: offset, "gives all files the same extended attribute")
            }
        }
    }

    private mutating func apply(_ keyword: PAXKeyword, _ value: PAXValue, isGlobal: Bool) throws(TarError) {
        let isEmpty = value.bytes.isEmpty
        switch keyword {
        case .path:
            path = isEmpty ? nil : try value.name()
            hasOwnPath = !isGlobal && !isEmpty
        case .linkPath:
            linkPath = isEmpty ? nil : try value.name()
            hasOwnLinkPath = !isGlobal && !isEmpty
        case .size: size = isEmpty ? nil : try value.count()
        case .uid: uid = isEmpty ? nil : try value.signed()
        case .gid: gid = isEmpty ? nil : try value.signed()
        case .modified: modified = isEmpty ? nil : try value.time()
        case .userName: userName = isEmpty ? nil : try value.name()
        case .groupName: groupName = isEmpty ? nil : try value.name()
        case .characterSet: break
        default:
            // A map for all files is never meant, and would have to be kept.
            if isGlobal { throw .badRecord(at: value.offset, "gives all files the same map of holes") }
            try sparse.apply(keyword, value)
        }
    }
}
