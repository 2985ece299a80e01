// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostStore
import OutpostStoreSQLite
import OutpostTesting
import Testing

/// Runs `body` with the path of a database that does not exist yet, in a folder of its own that goes away afterwards.
func withDatabasePath(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("outpost-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    do {
        try await body(folder.appendingPathComponent("outpost.db").path)
    } catch {
        try FileManager.default.removeItem(at: folder)
        throw error
    }
    try FileManager.default.removeItem(at: folder)
}

/// Runs `body` with the stores of a new database, which are closed afterwards, and with those in memory, which stand for
/// them in other tests and must do the same.
func withStores(_ body: (any OutpostStores) async throws -> Void) async throws {
    let memory = MemoryStores()
    try await body(memory)
    try await memory.close()
    try await withDatabasePath { path in
        let stores = try SQLiteStores.open(path: path)
        try await body(stores)
        try await stores.close()
    }
}

/// The `OutpostError` that `body` throws; fails when it throws none, another error, or one of another code.
@discardableResult
func expectError(
    _ code: ErrorCode, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> OutpostError {
    var thrown: OutpostError?
    do {
        try await body()
    } catch let error as OutpostError {
        thrown = error
    }
    let error = try #require(thrown, sourceLocation: sourceLocation)
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    return error
}

extension Timestamp {
    /// A moment that is `seconds` after some fixed one.
    static func second(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_790_000_000_000).advanced(bySeconds: seconds)
    }
}

extension Sandbox {
    /// A sandbox with every field set, except those that the test cares about.
    static func sample(
        id: SandboxID = SandboxID(), namespace: NamespaceName = .default, name: String? = "box",
        language: String = "python", mode: SandboxMode = .stateful, status: SandboxStatus = .ready,
        metadata: [String: String] = ["team": "blue", "emoji": "🏝"], createdAt: Timestamp = .second(0),
        lastUsedAt: Timestamp = .second(0), expiresAt: Timestamp? = nil
    ) -> Sandbox {
        Sandbox(
            id: id, namespace: namespace, name: name, language: language, image: "host", mode: mode, status: status,
            limits: .shippedDefaults,
            environment: [.init(name: "B", value: "1"), .init(name: "A", value: ""), .init(name: "B", value: "2")],
            workingDirectory: "/home/sandbox",
            security: SandboxSecurity(seccompEnabled: false, user: .root, preset: "strict", isolation: .gvisor),
            metadata: metadata, timeToLiveSeconds: 3600, idleTimeoutSeconds: nil, createdAt: createdAt,
            lastUsedAt: lastUsedAt, expiresAt: expiresAt)
    }
}
