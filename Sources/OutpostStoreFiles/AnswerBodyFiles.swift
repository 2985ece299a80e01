// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore

/// Keeps each large body of a recorded answer as a compressed file.
public struct AnswerBodyFiles: AnswerBodyStore {
    private let files: CompressedFiles

    /// Opens `directory` and creates it if needed. Deletes the drafts of an earlier server.
    ///
    /// - Throws: `internal` when the directory cannot be read.
    public static func open(directory: String) async throws(OutpostError) -> AnswerBodyFiles {
        AnswerBodyFiles(files: try await CompressedFiles.open(directory))
    }

    public func keep(_ body: [UInt8], as name: String) async throws(OutpostError) {
        _ = try await files.keep(body, as: name)
    }

    public func body(_ name: String) async throws(OutpostError) -> [UInt8]? { try await files.content(of: name) }

    public func remove(_ names: [String]) async throws(OutpostError) { try await files.remove(names) }

    public func names() async throws(OutpostError) -> [String] { Array(try await files.sizes().keys) }
}
