// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The header of an entry and the headers before it, which may replace its fields.
struct EntryHeader {
    private let header: HeaderBlock
    private let records: PAXRecords
    private let pending: PendingHeaders

    init(_ header: HeaderBlock, _ records: PAXRecords, _ pending: PendingHeaders) {
        self.header = header
        self.records = records
        self.pending = pending
    }

    /// The entry. Its size and its holes are not set.
    ///
    /// - Throws: `unknownType`, `badNumber`, `numberOutOfRange`, `limitExceeded`, and `misplacedHeader`.
    func entry(_ limits: TarLimits) throws(TarError) -> TarEntry {
        let path = try path()
        let link = try linkPath()
        guard max(path.count, link.count) <= limits.pathBytes else {
            throw TarError(
                .limitExceeded, at: header.offset,
                "a name of the entry at byte \(header.offset) has more than \(limits.pathBytes) bytes")
        }
        let hasNames = header.format != .v7
        return TarEntry(
            path: path, kind: try kind(path: path, link: link),
            mode: UInt32(truncatingIfNeeded: try header.number(.mode)) & 0o7777,
            uid: try header.number(.uid, unless: records.uid), gid: try header.number(.gid, unless: records.gid),
            userName: records.userName ?? (hasNames ? Array(header.text(.userName)) : []),
            groupName: records.groupName ?? (hasNames ? Array(header.text(.groupName)) : []),
            modified: try modified(),
            attributes: records.attributes.byName)
    }

    private func path() throws(TarError) -> [UInt8] {
        // The real name of a sparse file is in a record of its own. The other places have a made-up name.
        let recorded = records.sparse.name ?? records.path
        guard let name = pending.longName else { return recorded ?? ownPath }
        guard recorded == nil else { throw twoNames }
        return name
    }

    private func linkPath() throws(TarError) -> [UInt8] {
        guard let name = pending.longLink else { return records.linkPath ?? Array(header.text(.linkName)) }
        guard records.linkPath == nil else { throw twoNames }
        return name
    }

    private var ownPath: [UInt8] {
        let name = header.text(.name)
        guard header.format == .ustar, header[HeaderField.prefix.start] != 0 else { return Array(name) }
        return header.text(.prefix) + [UInt8(ascii: "/")] + name
    }

    private func kind(path: [UInt8], link: [UInt8]) throws(TarError) -> TarKind {
        switch header.type {
        // Before POSIX a directory was an entry whose name ends with a slash.
        case HeaderType.oldFile: path.last == UInt8(ascii: "/") ? .directory : .file
        case HeaderType.file, HeaderType.contiguous, HeaderType.sparse: .file
        case HeaderType.hardLink: .hardLink(target: link)
        case HeaderType.symbolicLink: .symbolicLink(target: link)
        case HeaderType.characterDevice: .characterDevice(try device())
        case HeaderType.blockDevice: .blockDevice(try device())
        case HeaderType.directory: .directory
        case HeaderType.fifo: .fifo
        default:
            throw TarError(
                .unknownType, at: header.offset,
                "the entry at byte \(header.offset) has the type \(header.type), which is unknown")
        }
    }

    private func modified() throws(TarError) -> TarTime {
        let seconds = try header.number(.modified, unless: records.modified?.seconds)
        return records.modified ?? TarTime(seconds: seconds)
    }

    private func device() throws(TarError) -> TarDevice {
        guard header.format != .v7 else { return TarDevice(major: 0, minor: 0) }
        return TarDevice(
            major: try header.deviceNumber(.deviceMajor), minor: try header.deviceNumber(.deviceMinor))
    }

    private var twoNames: TarError {
        TarError(.misplacedHeader, at: header.offset, "two headers name the entry at byte \(header.offset)")
    }
}
