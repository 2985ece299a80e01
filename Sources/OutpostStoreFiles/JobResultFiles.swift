// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore

/// Keeps each large result of a job as a compressed file. Its name has the job's id and the number of the lease of the worker
/// that stored it: `ID.NUMBER.z`. Files of earlier versions have no number.
public struct JobResultFiles: JobResultStore {
    private let files: CompressedFiles

    /// Opens `directory` and creates it if needed. Deletes the drafts of an earlier server.
    ///
    /// - Throws: `internal` when the directory cannot be read.
    public static func open(directory: String) async throws(OutpostError) -> JobResultFiles {
        JobResultFiles(files: try await CompressedFiles.open(directory))
    }

    private static func name(_ id: JobResultID) -> String {
        id.job.rawValue + (id.lease.map { ".\($0)" } ?? "")
    }

    /// The result whose file has this name. Nil for another file.
    private static func id(_ name: String) -> JobResultID? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, let job = JobID(String(first)) else { return nil }
        switch parts.count {
        case 1: return JobResultID(job: job, lease: nil)
        case 2: return Int64(parts[1]).map { JobResultID(job: job, lease: $0) }
        default: return nil
        }
    }

    public func keep(
        _ result: [UInt8], of id: JobResultID, atMost limit: Int?
    ) async throws(OutpostError) -> Int? {
        try await files.keep(result, as: Self.name(id), atMost: limit)
    }

    public func length(of id: JobResultID) async throws(OutpostError) -> Int? {
        try await files.length(of: Self.name(id))
    }

    public func result(of id: JobResultID) async throws(OutpostError) -> [UInt8]? {
        try await files.content(of: Self.name(id))
    }

    public func remove(_ ids: [JobResultID]) async throws(OutpostError) { try await files.remove(ids.map(Self.name)) }

    public func all() async throws(OutpostError) -> [JobResultID: Int] {
        var sizes: [JobResultID: Int] = [:]
        for (name, size) in try await files.sizes() {
            if let id = Self.id(name) { sizes[id] = size }
        }
        return sizes
    }
}
