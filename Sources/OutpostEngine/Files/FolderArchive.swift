// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTar

/// A folder's content as a tar archive. It holds one part of the listing and one part of a file.
actor FolderArchive: PulledStream {
    /// How many levels of folders an archive can have.
    static let deepest = 256
    /// Small files are joined to parts of about this many bytes.
    private static let partBytes = 65_536

    private let files: any SandboxFiles
    private let root: String
    private let listing: any PulledStream<[DirectoryEntry]>
    private var entries: ArraySlice<DirectoryEntry> = []
    private var writer = TarWriter()
    private var part: [UInt8] = []
    /// The file in progress, and its bytes that are left.
    private var content: (bytes: any ByteSource, rest: UInt64)?
    private var hasEnded = false

    init(_ files: any SandboxFiles, _ root: String, _ listing: any PulledStream<[DirectoryEntry]>) {
        self.files = files
        self.root = root == "/" ? "" : root
        self.listing = listing
    }

    nonisolated func close() { listing.close() }

    func next() async throws(OutpostError) -> [UInt8]? {
        part = []
        while part.count < Self.partBytes, !hasEnded {
            if content != nil { try await addContent() } else { try await addEntry() }
        }
        return part.isEmpty ? nil : part
    }

    private func addEntry() async throws(OutpostError) {
        if entries.isEmpty {
            guard let more = try await listing.next() else {
                try add { (writer) throws(TarError) in try writer.finish() }
                hasEnded = true
                return
            }
            entries = more[...]
        }
        guard let entry = entries.popFirst(), !DraftName.isDraft(entry.path) else { return }
        switch entry.information.kind {
        case .file: try await beginFile(entry)
        case .directory: try addFolder(entry)
        case .symlink: try addLink(entry)
        case .fifo, .socket, .device: break
        }
    }

    private func beginFile(_ entry: DirectoryEntry) async throws(OutpostError) {
        let found: FileContent
        do throws(OutpostError) {
            found = try await files.read("\(root)/\(entry.path)", from: 0, count: .max)
        } catch {
            // It was removed or replaced meanwhile, or the user cannot read it.
            guard [.notFound, .forbidden, .conflict].contains(error.code) else { throw error }
            return
        }
        try add { (writer) throws(TarError) in
            try writer.begin(TarEntry(entry.path, .file, found.information, size: found.information.size))
        }
        content = (found.bytes, found.information.size)
        if found.information.size == 0 { try endFile() }
    }

    private func addContent() async throws(OutpostError) {
        guard let (bytes, rest) = content else { return }
        guard let more = try await bytes.next() else {
            throw OutpostError(.conflict, "a file has become shorter while it was sent")
        }
        let taken = more.prefix(Int(clamping: rest))
        try add { (writer) throws(TarError) in Array(try writer.content(taken[...])) }
        content = (bytes, rest - UInt64(taken.count))
        if rest == UInt64(taken.count) { try endFile() }
    }

    private func endFile() throws(OutpostError) {
        content?.bytes.close()
        content = nil
        try add { (writer) throws(TarError) in try writer.end() }
    }

    private func addFolder(_ entry: DirectoryEntry) throws(OutpostError) {
        // The listing goes no deeper. An archive that ends as if it were whole would be wrong.
        guard entry.path.pathComponents.count < Self.deepest else {
            throw OutpostError(.conflict, "the folder is more than \(Self.deepest) levels deep")
        }
        try addBare(TarEntry(entry.path + "/", .directory, entry.information))
    }

    private func addLink(_ entry: DirectoryEntry) throws(OutpostError) {
        guard let target = entry.target, !target.isEmpty else { return }
        try addBare(TarEntry(entry.path, .symbolicLink(target: Array(target.utf8)), entry.information))
    }

    private func addBare(_ entry: TarEntry) throws(OutpostError) {
        try add { (writer) throws(TarError) in try writer.begin(entry) }
        try add { (writer) throws(TarError) in try writer.end() }
    }

    private func add(_ write: (inout TarWriter) throws(TarError) -> [UInt8]) throws(OutpostError) {
        do throws(TarError) {
            part += try write(&writer)
        } catch {
            throw OutpostError(.internal, "the archive cannot be written: \(error)", cause: error)
        }
    }
}

extension TarEntry {
    fileprivate init(_ path: String, _ kind: TarKind, _ information: FileInformation, size: UInt64 = 0) {
        let (seconds, nanoseconds) = information.modified.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(
            path: Array(path.utf8), kind: kind, mode: information.mode & 0o777, uid: Int64(information.uid),
            gid: Int64(information.gid), size: size,
            modified: TarTime(seconds: nanoseconds < 0 ? seconds - 1 : seconds))
    }
}
