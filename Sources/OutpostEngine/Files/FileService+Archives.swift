// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing

extension FileService {
    /// Makes a tar archive of a folder's content: files, folders and symbolic links. Entries that the sandbox's user cannot
    /// read, names that are not UTF-8, FIFOs, sockets and devices are left out.
    public func archive(_ target: FileTarget) async throws(OutpostError) -> FileStream<[UInt8]> {
        let session = try await session(target)
        let entries = try await folder(session) { () async throws(OutpostError) in
            try await session.files.list(session.path, depth: FolderArchive.deepest)
        }
        return FileStream(FolderArchive(session.files, session.path, entries), session)
    }

    /// Starts to unpack a tar archive into a folder.
    ///
    /// - Parameter makesFolder: whether to create the folder and its parents when they are missing.
    public func unpack(_ target: FileTarget, makesFolder: Bool) async throws(OutpostError) -> ArchiveUnpacking {
        let session = try await session(target)
        if makesFolder { try await makeRoot(session) }
        let found = try await session.files.information(at: session.path, followsLink: true)
        guard found.kind == .directory else {
            throw OutpostError(.conflict, "\(session.path) is not a folder (ENOTDIR)")
        }
        return ArchiveUnpacking(session)
    }

    private func makeRoot(_ session: FileSession) async throws(OutpostError) {
        do throws(OutpostError) {
            try await session.files.makeDirectory(session.path, mode: 0o755, makesParents: true)
        } catch {
            // It can be a link to a folder.
            guard error.code == .conflict else { throw error }
        }
    }
}
