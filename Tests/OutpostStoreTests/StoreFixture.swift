// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostStore
import OutpostStoreFiles
import OutpostStoreSQLite
import OutpostTesting
import Testing

/// Runs `body` with a folder of its own that goes away afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("outpost-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    do {
        try await body(folder.path)
    } catch {
        try FileManager.default.removeItem(at: folder)
        throw error
    }
    try FileManager.default.removeItem(at: folder)
}

/// Runs `body` with the path of a database that does not exist yet.
func withDatabasePath(_ body: (String) async throws -> Void) async throws {
    try await withFolder { try await body("\($0)/outpost.db") }
}

/// The stores that keep everything but files. Every test that has a kind as its argument holds for each of them; another
/// database adds a case here.
enum StoreKind: CaseIterable {
    /// Stands for a database in other tests.
    case memory
    case sqlite

    /// The stores of one server.
    struct Stores: Sendable {
        let all: any OutpostStores
        let jobs: any JobStore

        var sandboxes: any SandboxStore { all.sandboxes }
        var tokens: any TokenStore { all.tokens }
        var idempotency: any IdempotencyStore { all.idempotency }

        init(_ memory: MemoryStores) { (all, jobs) = (memory, memory.jobs) }

        init(_ sqlite: SQLiteStores) { (all, jobs) = (sqlite, sqlite.jobs) }

        func close() async throws { try await all.close() }
    }

    /// Runs `body` with empty stores. The test moves the clock of their leases.
    func withStores(_ body: (Stores, LeaseClock) async throws -> Void) async throws {
        let clock = LeaseClock()
        switch self {
        case .memory:
            let stores = MemoryStores { clock.milliseconds }
            try await body(Stores(stores), clock)
            try await stores.close()
        case .sqlite:
            try await withDatabasePath { path in
                let answers = try await AnswerBodyFiles.open(directory: path + ".answers")
                let stores = try SQLiteStores.open(path: path, answers: answers) { clock.milliseconds }
                try await body(Stores(stores), clock)
                try await stores.close()
            }
        }
    }

    func withStores(_ body: (Stores) async throws -> Void) async throws {
        try await withStores { stores, _ in try await body(stores) }
    }

    func withJobs(_ body: (any JobStore, LeaseClock) async throws -> Void) async throws {
        try await withStores { try await body($0.jobs, $1) }
    }

    /// Runs `first`, ends the stores without a word, opens them anew and runs `second`.
    func withRestart(
        _ first: (Stores) async throws -> Void, then second: (Stores) async throws -> Void
    ) async throws {
        switch self {
        case .memory:
            let stores = MemoryStores()
            try await first(Stores(stores))
            try await stores.close()
            stores.restart()
            try await second(Stores(stores))
        case .sqlite:
            try await withDatabasePath { path in
                let answers = try await AnswerBodyFiles.open(directory: path + ".answers")
                let before = try SQLiteStores.open(path: path, answers: answers)
                try await first(Stores(before))
                try await before.close()
                let after = try SQLiteStores.open(path: path, answers: answers)
                try await after.removeOrphans()
                try await second(Stores(after))
                try await after.close()
            }
        }
    }

    func withJobsRestart(
        _ first: (any JobStore) async throws -> Void, then second: (any JobStore) async throws -> Void
    ) async throws {
        try await withRestart {
            try await first($0.jobs)
        } then: {
            try await second($0.jobs)
        }
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
