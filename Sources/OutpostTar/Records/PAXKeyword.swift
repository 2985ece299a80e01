// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The keywords of PAX records that the reader uses. It skips all others.
enum PAXKeyword: String, CaseIterable {
    // POSIX.1-2017, pax, "pax Extended Header".
    case path
    case linkPath = "linkpath"
    case size
    case uid
    case gid
    case modified = "mtime"
    case userName = "uname"
    case groupName = "gname"
    case characterSet = "hdrcharset"
    // GNU tar manual, "Storing Sparse Files".
    case sparseMajor = "GNU.sparse.major"
    case sparseMinor = "GNU.sparse.minor"
    case sparseName = "GNU.sparse.name"
    case sparseSize = "GNU.sparse.size"
    case sparseRealSize = "GNU.sparse.realsize"
    case sparseCount = "GNU.sparse.numblocks"
    case sparseOffset = "GNU.sparse.offset"
    case sparseBytes = "GNU.sparse.numbytes"
    case sparseMap = "GNU.sparse.map"

    /// The prefix of the keyword of an extended attribute. star defined it; GNU tar and libarchive write it too.
    static let attributePrefix = "SCHILY.xattr."
    /// The prefix of the keyword of an extended attribute in libarchive's form (libarchive, tar(5), "Pax Interchange
    /// Format").
    static let encodedAttributePrefix = "LIBARCHIVE.xattr."

    private static let byBytes = Dictionary(uniqueKeysWithValues: allCases.map { (ArraySlice($0.rawValue.utf8), $0) })

    /// Whether a global header may have the keyword, for all later files.
    var mayBeGlobal: Bool {
        switch self {
        case .uid, .gid, .modified, .userName, .groupName, .characterSet: true
        default: false
        }
    }

    /// The keyword with these bytes; nil for a keyword that the reader skips.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let known = Self.byBytes[bytes] else { return nil }
        self = known
    }
}
