// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A field of a header of 512 bytes (POSIX.1-2017, pax, "ustar Interchange Format").
struct HeaderField {
    let start: Int
    let count: Int
    /// The name in messages.
    let label: StaticString
    /// Whether the text must end with a NUL inside the field.
    var isTerminated = false

    static let name = HeaderField(start: 0, count: 100, label: "name")
    static let mode = HeaderField(start: 100, count: 8, label: "mode")
    static let uid = HeaderField(start: 108, count: 8, label: "uid")
    static let gid = HeaderField(start: 116, count: 8, label: "gid")
    static let size = HeaderField(start: 124, count: 12, label: "size")
    static let modified = HeaderField(start: 136, count: 12, label: "mtime")
    static let checksum = HeaderField(start: 148, count: 8, label: "checksum")
    static let type = HeaderField(start: 156, count: 1, label: "type")
    static let linkName = HeaderField(start: 157, count: 100, label: "link name")
    static let magic = HeaderField(start: 257, count: 8, label: "magic")
    static let userName = HeaderField(start: 265, count: 32, label: "user name", isTerminated: true)
    static let groupName = HeaderField(start: 297, count: 32, label: "group name", isTerminated: true)
    static let deviceMajor = HeaderField(start: 329, count: 8, label: "device major")
    static let deviceMinor = HeaderField(start: 337, count: 8, label: "device minor")
    static let prefix = HeaderField(start: 345, count: 155, label: "prefix")

    /// The size of a sparse file, in headers of GNU tar (GNU tar manual, "Basic Tar Format", `oldgnu_header`).
    static let realSize = HeaderField(start: 483, count: 12, label: "real size")
}
