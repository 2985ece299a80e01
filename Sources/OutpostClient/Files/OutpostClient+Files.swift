// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// The files of a stateful sandbox. A path is absolute, or relative to the sandbox's working directory.
extension OutpostClient {
    /// Returns what the server tells about a file, without its bytes.
    ///
    /// - Throws: `not_found`; `conflict` for a folder and for special files.
    public func fileHead(_ path: String, in id: SandboxID) async throws(OutpostError) -> FileHead {
        var call = fileCall(.getFile, path, id)
        call.method = "HEAD"
        do throws(OutpostError) {
            return FileHead(try await open(call))
        } catch {
            // The answer to HEAD has no body, which would tell the reason.
            guard error.cause is AnsweredCall, error.code != .conflict else { throw error }
        }
        return FileHead(try await open(fileCall(.getFile, path, id)))
    }

    /// Passes a file to `take` part by part.
    ///
    /// - Parameter begin: gets the headers before the first part.
    /// - Throws: `unavailable` when the file is cut off; what `begin` and `take` throw.
    public func readFile(
        _ path: String, in id: SandboxID, begin: (FileHead) throws -> Void = { _ in },
        _ take: ([UInt8]) async throws -> Void
    ) async throws {
        try await download(fileCall(.getFile, path, id), begin: begin, take)
    }

    /// Writes a file. The old file stays when this fails.
    ///
    /// - Parameters:
    ///   - size: bytes of the file. Nil when they are unknown.
    ///   - source: returns the file part by part.
    /// - Throws: what `source` throws.
    public func writeFile(
        _ path: String, in id: SandboxID, _ query: FileWriteQuery = .init(), size: Int64? = nil,
        from source: @escaping ByteSource
    ) async throws {
        _ = try await upload(fileCall(.putFile, path, id, query.pairs), size: size, source)
    }

    /// Fetches the entries of a folder.
    ///
    /// - Parameter depth: how many levels of folders are listed, 1 to 256.
    public func listFolder(
        _ path: String, in id: SandboxID, depth: Int = 1
    ) async throws(OutpostError) -> Answer<FileList> {
        try await answer(fileCall(.getFile, path, id, FileView.list(depth: depth).pairs), as: FileList.self)
    }

    /// Passes the changes in a folder to `take` until it returns false, or the folder is removed. The first event is `ready`.
    ///
    /// - Throws: `unavailable` when the connection broke; what `take` throws.
    public func watchFolder(
        _ path: String, in id: SandboxID, isRecursive: Bool = false,
        _ take: @escaping @Sendable (FolderEvent) async throws -> Bool
    ) async throws {
        var call = fileCall(.getFile, path, id, FileView.watch(isRecursive: isRecursive).pairs)
        call.accept = Call.eventStream
        _ = try await stream(call, longestSilence: Self.longestSilence) { event -> Bool? in
            let json = try event.json()
            if event.name == "error" { throw try ErrorBody(reply: json).error(retryAfter: nil) }
            guard let change = FolderEvent(name: event.name, json: json) else { return nil }
            return try await take(change) ? nil : true
        }
    }

    /// The server sends a comment after 15 seconds without a change.
    private static let longestSilence = Duration.seconds(60)

    /// Creates a folder.
    ///
    /// - Parameter makesParents: whether to create missing parents. Then an existing folder is not an error.
    public func makeFolder(
        _ path: String, in id: SandboxID, mode: UInt32 = 0o755, makesParents: Bool = false
    ) async throws(OutpostError) {
        try await perform(
            fileCall(.changeFile, path, id, FileChange.makeDirectory(mode: mode, makesParents: makesParents).pairs))
    }

    /// Moves a file or folder. Replaces an existing file at the new path.
    public func moveFile(_ path: String, to target: String, in id: SandboxID) async throws(OutpostError) {
        try await perform(fileCall(.changeFile, path, id, FileChange.move(to: target).pairs))
    }

    /// Removes a file or folder.
    ///
    /// - Parameter isRecursive: whether to remove a folder with its content.
    public func removeFile(_ path: String, in id: SandboxID, isRecursive: Bool = false) async throws(OutpostError) {
        try await perform(fileCall(.deleteFile, path, id, FileDeleteQuery(isRecursive: isRecursive).pairs))
    }

    /// Makes a URL that allows one method on a file without a token.
    public func linkFile(
        _ path: String, in id: SandboxID, method: FileLink.Method = .get, seconds: Int = FileLink.usualSeconds
    ) async throws(OutpostError) -> Answer<FileLink> {
        try await answer(
            fileCall(.changeFile, path, id, FileChange.link(method, seconds: seconds).pairs), as: FileLink.self)
    }

    /// Passes a folder to `take` as a tar archive, part by part.
    ///
    /// - Throws: `unavailable` when the archive is cut off; what `take` throws.
    public func readArchive(
        _ path: String, in id: SandboxID, _ take: ([UInt8]) async throws -> Void
    ) async throws {
        let call = Call(operation: .getArchive, parameters: place(id), query: ArchiveQuery(path: path).pairs)
        try await download(call, begin: { _ in }, take)
    }

    /// Unpacks a tar archive into a folder. What was unpacked before a failure stays.
    ///
    /// - Parameter source: returns the archive part by part.
    /// - Throws: what `source` throws.
    public func writeArchive(
        _ query: ArchiveQuery, in id: SandboxID, from source: @escaping ByteSource
    ) async throws -> Answer<UnpackedArchive> {
        let call = Call(operation: .putArchive, parameters: place(id), query: query.pairs)
        return try decoded(try await upload(call, size: nil, source), as: UnpackedArchive.self)
    }

    private func fileCall(
        _ operation: RouteOperation, _ path: String, _ id: SandboxID, _ query: [(name: String, value: String)] = []
    ) -> Call {
        var parameters = place(id)
        parameters["path"] = path
        return Call(operation: operation, parameters: parameters, query: query)
    }
}
