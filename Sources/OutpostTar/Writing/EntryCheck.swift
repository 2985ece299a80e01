// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Checks that an archive can store an entry and that all readers understand it the same way.
struct EntryCheck {
    private let entry: TarEntry
    private let offset: UInt64

    init(_ entry: TarEntry, offset: UInt64) {
        self.entry = entry
        self.offset = offset
    }

    /// - Throws: `unwritable`, `badName` and `badSparseMap`.
    func check() throws(TarError) {
        try checkNames()
        try checkNumbers()
        try checkKind()
        try checkExtents()
    }

    private func checkNames() throws(TarError) {
        guard !entry.path.isEmpty else { throw badName("the path of an entry is empty") }
        // GNU tar and libarchive would make a directory of it.
        if entry.kind == .file, entry.path.last == UInt8(ascii: "/") {
            throw badName("the path of a file ends with a slash")
        }
        for name in [entry.path, entry.userName, entry.groupName] where name.contains(0) {
            throw badName("a name of an entry has a NUL byte")
        }
        for name in entry.attributes.keys where name.isEmpty || name.contains(0) {
            throw badName("the name of an extended attribute is empty or has a NUL byte")
        }
        switch entry.kind {
        case .hardLink(let target), .symbolicLink(let target):
            guard !target.isEmpty, !target.contains(0) else {
                throw badName("the target of a link is empty or has a NUL byte")
            }
        case .file, .characterDevice, .blockDevice, .directory, .fifo: break
        }
    }

    private func checkNumbers() throws(TarError) {
        guard entry.mode <= 0o7777 else { throw unwritable("the mode has more than twelve bits") }
        guard entry.uid >= 0, entry.gid >= 0 else { throw unwritable("the number of an owner is negative") }
        guard entry.modified.nanoseconds < 1_000_000_000 else { throw unwritable("the nanoseconds are out of range") }
        guard entry.modified.seconds > .min else { throw unwritable("the time is out of range") }
        guard entry.size <= UInt64(Int64.max) else { throw unwritable("the size is out of range") }
    }

    private func checkKind() throws(TarError) {
        switch entry.kind {
        case .file: return
        case .characterDevice(let device), .blockDevice(let device):
            guard HeaderField.deviceMajor.holds(UInt64(device.major)),
                HeaderField.deviceMinor.holds(UInt64(device.minor))
            else { throw unwritable("the number of a device is out of range") }
        case .hardLink, .symbolicLink, .directory, .fifo: break
        }
        guard entry.size == 0, entry.extents == nil else { throw unwritable("only files have content") }
    }

    private func checkExtents() throws(TarError) {
        guard let extents = entry.extents else { return }
        var map = SparseMap(size: entry.size, offset: offset, limits: TarLimits(sparseExtents: .max))
        for extent in extents { try map.append(extent) }
        // GNU tar expects each part at the start of a block (sparse.c, `sparse_extract_region`). All other readers expect
        // it right after the part before. With whole blocks both are the same.
        for extent in extents.dropLast() where !extent.count.isMultiple(of: UInt64(HeaderBlock.size)) {
            throw unwritable("a part of a sparse file is not a multiple of 512 bytes, and others follow it")
        }
    }

    private func badName(_ problem: String) -> TarError { TarError(.badName, at: offset, problem) }

    private func unwritable(_ problem: String) -> TarError { TarError(.unwritable, at: offset, problem) }
}
