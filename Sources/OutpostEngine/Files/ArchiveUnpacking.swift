// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing
import OutpostTar

/// A tar archive on its way into a folder of a sandbox. It creates files, folders, symbolic links that stay inside of the
/// folder, and other names of files of the archive. It refuses everything else and names it. What it has created before stays.
///
/// A file gets its mode up to 0777 and the time of its last change. Owners, extended attributes, and the times of folders and
/// links are not restored. A folder is always open to its owner.
/// No entry is created through a link.
public actor ArchiveUnpacking {
    /// What was unpacked.
    public struct Summary: Hashable, Sendable {
        /// Entries of all kinds.
        public var entries = 0
        /// Bytes of all files, with their holes.
        public var bytes: UInt64 = 0
    }

    private let session: FileSession
    private var reader = TarReader()
    /// The file in progress.
    private var writer: (any FileWriter)?
    /// Folders that were seen to be no links.
    private var folders: Set<ArchivePath> = []
    private var holes: UInt64 = 0
    private var summary = Summary()

    /// The most paths in `folders`.
    private static let mostFolders = 1024
    private static let zeros = [UInt8](repeating: 0, count: 65_536)

    init(_ session: FileSession) { self.session = session }

    /// Unpacks the next bytes of the archive.
    ///
    /// - Throws: `invalid_request` for a malformed archive and for an entry that is refused; `insufficient_storage` when the
    ///   disk is full; `conflict` when an existing entry is in the way.
    public func write(_ bytes: [UInt8]) async throws(OutpostError) {
        var input = bytes[...]
        while let event = try event({ (reader) throws(TarError) in try reader.next(&input) }) {
            try await handle(event)
        }
    }

    /// Ends the archive.
    ///
    /// - Throws: `invalid_request` for an archive that is cut off.
    public func finish() async throws(OutpostError) -> Summary {
        _ = try event { (reader) throws(TarError) in try reader.finish() }
        session.release()
        return summary
    }

    /// Ends the unpacking. The file in progress is removed.
    public func cancel() {
        writer?.cancel()
        writer = nil
        session.release()
    }

    private func event(
        _ read: (inout TarReader) throws(TarError) -> TarEvent?
    ) throws(OutpostError) -> TarEvent? {
        do throws(TarError) {
            return try read(&reader)
        } catch {
            throw OutpostError(.invalidRequest, "the body is not a tar archive: \(error)", cause: error)
        }
    }

    private func handle(_ event: TarEvent) async throws(OutpostError) {
        switch event {
        case .entry(let entry): try await begin(entry)
        case .data(let bytes, _): try await writer?.write(Array(bytes))
        case .hole(_, let count): try await writeHole(count)
        case .endOfEntry:
            _ = try await writer?.finish()
            writer = nil
        case .endOfArchive: break
        }
    }

    /// A hole is written as zeros, which take room on the disk. Otherwise a short archive could keep the server busy for ever.
    private func writeHole(_ count: UInt64) async throws(OutpostError) {
        var rest = count
        while rest > 0 {
            let part = Int(min(rest, UInt64(Self.zeros.count)))
            try await writer?.write(part == Self.zeros.count ? Self.zeros : Array(Self.zeros.prefix(part)))
            rest -= UInt64(part)
        }
    }

    private func begin(_ entry: TarEntry) async throws(OutpostError) {
        let path = try ArchivePath(entry.path)
        summary.entries += 1
        switch entry.kind {
        case .directory: try await makeFolder(path, mode: entry.mode & 0o777 | 0o700)
        case .file: try await beginFile(path, entry)
        case .symbolicLink(let target): try await makeLink(path, to: try path.checkedLink(to: target), isHard: false)
        case .hardLink(let target): try await makeName(path, of: try ArchivePath(target))
        case .characterDevice, .blockDevice: throw Self.refusal(entry, "a device")
        case .fifo: throw Self.refusal(entry, "a FIFO")
        }
    }

    private static func refusal(_ entry: TarEntry, _ kind: String) -> OutpostError {
        OutpostError(
            .invalidRequest, "the archive has \(kind) at \(ArchivePath.shown(entry.path)), which cannot be unpacked")
    }

    private func beginFile(_ path: ArchivePath, _ entry: TarEntry) async throws(OutpostError) {
        guard entry.path.last != UInt8(ascii: "/") else { throw Self.refusal(entry, "a file with a slash at its end") }
        holes = holes.addingReportingOverflow(entry.size - entry.storedSize).partialValue
        guard entry.size - entry.storedSize <= session.diskBytes, holes <= session.diskBytes else {
            throw OutpostError(
                .insufficientStorage,
                "the holes of the archive at \(ArchivePath.shown(entry.path)) are larger than the sandbox's disk (ENOSPC)"
            )
        }
        try await makeParents(of: path)
        summary.bytes += entry.size
        writer = try await session.files.write(
            path.below(session.path),
            options: FileWriteOptions(mode: entry.mode & 0o777, modified: entry.modified.sinceEpoch))
    }

    // MARK: - Folders and links

    private func makeParents(of path: ArchivePath) async throws(OutpostError) {
        guard let parent = path.parent else {
            throw OutpostError(.invalidRequest, "the archive has a path that names only the folder itself")
        }
        try await makeFolder(parent, mode: 0o755)
    }

    /// Makes a folder and the ones above it. An existing folder keeps its mode.
    ///
    /// - Throws: `conflict` when anything else is there, also a link to a folder.
    private func makeFolder(_ path: ArchivePath, mode: UInt32) async throws(OutpostError) {
        guard let parent = path.parent, !folders.contains(path) else { return }
        try await makeFolder(parent, mode: 0o755)
        let place = path.below(session.path)
        do throws(OutpostError) {
            try await session.files.makeDirectory(place, mode: mode, makesParents: false)
        } catch {
            guard error.code == .conflict else { throw error }
            let found = try await session.files.information(at: place, followsLink: false)
            guard found.kind == .directory else {
                throw OutpostError(.conflict, "\(place) exists and is not a folder (ENOTDIR)", cause: error)
            }
        }
        if folders.count >= Self.mostFolders { folders = [] }
        folders.insert(path)
    }

    /// Makes a link. Replaces a file or a link at the path.
    private func makeLink(_ path: ArchivePath, to target: String, isHard: Bool) async throws(OutpostError) {
        try await makeParents(of: path)
        let place = path.below(session.path)
        do throws(OutpostError) {
            try await session.files.makeLink(place, to: target, isHard: isHard)
        } catch {
            guard error.code == .conflict else { throw error }
            // This fails for a folder that is not empty.
            try await session.files.remove(place, isRecursive: false)
            // The folder can have been one of these.
            folders = []
            try await session.files.makeLink(place, to: target, isHard: isHard)
        }
    }

    /// Makes another name of a file in the folder.
    private func makeName(_ path: ArchivePath, of target: ArchivePath) async throws(OutpostError) {
        try await checkIsFile(target)
        guard path != target else { return }
        try await makeLink(path, to: target.below(session.path), isHard: true)
    }

    private func checkIsFile(_ target: ArchivePath) async throws(OutpostError) {
        if let parent = target.parent { try await checkIsFolder(parent) }
        let place = target.below(session.path)
        guard try await session.files.information(at: place, followsLink: false).kind == .file else {
            throw OutpostError(.conflict, "the archive has another name of \(place), which is not a file")
        }
    }

    private func checkIsFolder(_ path: ArchivePath) async throws(OutpostError) {
        guard let parent = path.parent, !folders.contains(path) else { return }
        try await checkIsFolder(parent)
        let place = path.below(session.path)
        guard try await session.files.information(at: place, followsLink: false).kind == .directory else {
            throw OutpostError(.conflict, "\(place) is not a folder (ENOTDIR)")
        }
    }
}
