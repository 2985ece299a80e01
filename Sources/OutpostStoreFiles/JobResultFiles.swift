// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore

/// Keeps each large result of a job as a compressed file with the job's id as its name.
public struct JobResultFiles: JobResultStore {
    private let files: CompressedFiles

    /// Opens `directory` and creates it if needed. Deletes the drafts of an earlier server.
    ///
    /// - Throws: `internal` when the directory cannot be read.
    public static func open(directory: String) async throws(OutpostError) -> JobResultFiles {
        JobResultFiles(files: try await CompressedFiles.open(directory))
    }

    public func keep(
        _ result: [UInt8], of id: JobID, atMost limit: Int?
    ) async throws(OutpostError) -> Int? {
        try await files.keep(result, as: id.rawValue, atMost: limit)
    }

    public func length(of id: JobID) async throws(OutpostError) -> Int? { try await files.length(of: id.rawValue) }

    public func result(of id: JobID) async throws(OutpostError) -> [UInt8]? { try await files.content(of: id.rawValue) }

    public func remove(_ ids: [JobID]) async throws(OutpostError) { try await files.remove(ids.map(\.rawValue)) }

    public func all() async throws(OutpostError) -> [JobID: Int] {
        var sizes: [JobID: Int] = [:]
        for (name, size) in try await files.sizes() {
            if let id = JobID(name) { sizes[id] = size }
        }
        return sizes
    }
}
