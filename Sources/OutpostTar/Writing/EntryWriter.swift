// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Writes the headers of one entry.
struct EntryWriter {
    private let entry: TarEntry
    private let keepsNanoseconds: Bool
    /// Bytes of the archive before the entry.
    private let offset: UInt64

    init(_ entry: TarEntry, keepsNanoseconds: Bool, offset: UInt64) {
        self.entry = entry
        self.keepsNanoseconds = keepsNanoseconds
        self.offset = offset
    }

    /// The bytes of the PAX header if the entry needs one, of the header, and of the map of a sparse file.
    ///
    /// - Throws: `unwritable`, `badName` and `badSparseMap`.
    func bytes() throws(TarError) -> [UInt8] {
        try EntryCheck(entry, offset: offset).check()
        let map = entry.extents.map { sparseMapText($0, size: entry.size) } ?? []
        let stored = entry.storedSize + UInt64(map.count)
        var header = HeaderWriter(type: entry.kind.type)
        var records = PAXWriter()
        writePath(to: &header, &records)
        writeOwner(to: &header, &records)
        writeTime(to: &header, &records)
        writeKind(to: &header, &records)
        header.write(UInt64(entry.mode), to: .mode)
        write(stored, to: .size, as: .size, &header, &records)
        for name in entry.attributes.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            records.add(attribute: name, entry.attributes[name] ?? [])
        }
        return (records.isEmpty ? [] : records.bytes) + header.bytes + map
    }

    private func writePath(to header: inout HeaderWriter, _ records: inout PAXWriter) {
        guard entry.extents == nil else {
            // A reader without PAX extracts only the data and the map, so this file gets another name.
            header.write("GNUSparseFile.0/".utf8 + entry.path.suffix(80), to: .name)
            records.add(.sparseMajor, "1")
            records.add(.sparseMinor, "0")
            records.add(.sparseName, entry.path)
            records.add(.sparseRealSize, String(entry.size))
            return
        }
        if let split = SplitPath(entry.path) {
            header.write(split.prefix, to: .prefix)
            header.write(split.name, to: .name)
        } else {
            header.write(entry.path, to: .name)
            records.add(.path, entry.path)
        }
    }

    private func writeOwner(to header: inout HeaderWriter, _ records: inout PAXWriter) {
        write(UInt64(entry.uid), to: .uid, as: .uid, &header, &records)
        write(UInt64(entry.gid), to: .gid, as: .gid, &header, &records)
        write(entry.userName, to: .userName, as: .userName, &header, &records)
        write(entry.groupName, to: .groupName, as: .groupName, &header, &records)
    }

    private func writeTime(to header: inout HeaderWriter, _ records: inout PAXWriter) {
        let time = keepsNanoseconds ? entry.modified : TarTime(seconds: entry.modified.seconds)
        let seconds = UInt64(exactly: time.seconds)
        let fits = seconds.map { HeaderField.modified.holds($0) } ?? false
        header.write(fits ? seconds ?? 0 : 0, to: .modified)
        if !fits || time.nanoseconds > 0 { records.add(.modified, paxText(time)) }
    }

    private func writeKind(to header: inout HeaderWriter, _ records: inout PAXWriter) {
        var device = TarDevice(major: 0, minor: 0)
        switch entry.kind {
        case .hardLink(let target), .symbolicLink(let target):
            write(target, to: .linkName, as: .linkPath, &header, &records)
        case .characterDevice(let numbers), .blockDevice(let numbers): device = numbers
        case .file, .directory, .fifo: break
        }
        header.write(UInt64(device.major), to: .deviceMajor)
        header.write(UInt64(device.minor), to: .deviceMinor)
    }

    private func write(
        _ value: UInt64, to field: HeaderField, as keyword: PAXKeyword, _ header: inout HeaderWriter,
        _ records: inout PAXWriter
    ) {
        let fits = field.holds(value)
        header.write(fits ? value : 0, to: field)
        if !fits { records.add(keyword, String(value)) }
    }

    private func write(
        _ name: [UInt8], to field: HeaderField, as keyword: PAXKeyword, _ header: inout HeaderWriter,
        _ records: inout PAXWriter
    ) {
        let room = field.isTerminated ? field.count - 1 : field.count
        header.write(name.prefix(room), to: field)
        if name.count > room { records.add(keyword, name) }
    }
}

extension TarKind {
    fileprivate var type: UInt8 {
        switch self {
        case .file: HeaderType.file
        case .hardLink: HeaderType.hardLink
        case .symbolicLink: HeaderType.symbolicLink
        case .characterDevice: HeaderType.characterDevice
        case .blockDevice: HeaderType.blockDevice
        case .directory: HeaderType.directory
        case .fifo: HeaderType.fifo
        }
    }
}
