// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostStore
import OutpostStoreFiles
import OutpostStoreSQLite
import Testing

/// Large answers are files beside the database, and go with their records.
struct LargeAnswerTests {
    private let key = IdempotencyKey(
        credential: CredentialID(), namespace: .default, method: "POST", path: "/p", key: "k")
    private let large = RecordedAnswer(head: "200 text/plain", body: (0..<100_000).map { _ in .random(in: 0...255) })

    private func withStores(
        _ folder: String, _ body: (any IdempotencyStore) async throws -> Void
    ) async throws {
        let answers = try await AnswerBodyFiles.open(directory: folder + "/answers")
        let stores = try SQLiteStores.open(path: folder + "/outpost.db", answers: answers)
        try await stores.removeOrphans()
        try await body(stores.idempotency)
        try await stores.close()
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/answers")
    }

    @Test func aLargeAnswerIsAFileThatARestartFindsAndExpiryRemoves() async throws {
        try await withFolder { folder in
            try await withStores(folder) { (store) async throws in
                #expect(try await store.begin(key, bodyHash: [1], at: .second(0)) == .new)
                try await store.finish(key, with: large)
                #expect(try files(folder).count == 1)
                #expect(try await store.usage(of: .default) == IdempotencyUsage(records: 1, bytes: 100_000))
            }
            let database = try FileManager.default.attributesOfItem(atPath: folder + "/outpost.db")
            #expect((database[.size] as? Int).map { $0 < 1 << 20 } == true)
            try await withStores(folder) { (store) async throws in
                #expect(try await store.begin(key, bodyHash: [1], at: .second(1)) == .replay(large))
                #expect(try await store.sweep(before: .second(1)) == 1)
                #expect(try await store.usage(of: .default) == IdempotencyUsage())
                #expect(try files(folder) == [])
                #expect(try await store.sweep(before: .second(1)) == 0)
            }
        }
    }

    @Test func anAnswerThatIsNotRecordedLeavesNoFile() async throws {
        try await withFolder { folder in
            try await withStores(folder) { (store) async throws in
                try await store.finish(key, with: large)
                #expect(try files(folder) == [])
                _ = try await store.begin(key, bodyHash: [1], at: .second(0))
                try await store.finish(key, with: large)
                try await store.finish(key, with: RecordedAnswer(head: "500", body: large.body))
                #expect(try files(folder).count == 1)
                #expect(try await store.begin(key, bodyHash: [1], at: .second(1)) == .replay(large))
            }
        }
    }

    /// A store of bodies that writes nothing before it may.
    private struct HeldBodies: AnswerBodyStore {
        let begun = AsyncStream<Void>.makeStream()
        let held = AsyncStream<Never>.makeStream()

        func keep(_ body: [UInt8], as name: String) async throws(OutpostError) {
            begun.continuation.yield()
            for await _ in held.stream {}
        }

        func body(_ name: String) async throws(OutpostError) -> [UInt8]? { nil }
        func remove(_ names: [String]) async throws(OutpostError) {}
        func names() async throws(OutpostError) -> [String] { [] }
    }

    @Test func nobodyWaitsWhileALargeAnswerIsWritten() async throws {
        try await withFolder { folder in
            let bodies = HeldBodies()
            let stores = try SQLiteStores.open(path: folder + "/outpost.db", answers: bodies)
            let store = stores.idempotency
            let other = IdempotencyKey(credential: CredentialID(), method: "POST", path: "/p", key: "other")
            let answer = RecordedAnswer(head: "200", body: [1])
            _ = try await store.begin(key, bodyHash: [1], at: .second(0))
            async let writing: Void = store.finish(key, with: large)
            for await _ in bodies.begun.stream { break }
            #expect(try await store.begin(other, bodyHash: [1], at: .second(0)) == .new)
            try await store.finish(other, with: answer)
            #expect(try await store.begin(other, bodyHash: [1], at: .second(1)) == .replay(answer))
            #expect(try await store.begin(key, bodyHash: [1], at: .second(1)) == .inProgress)
            bodies.held.continuation.finish()
            try await writing
            try await stores.close()
        }
    }

    /// A key that is used again after a day, before the sweep, frees the old answer's file at the next sweep.
    @Test func aNewCallWithAnExpiredKeyFreesTheFile() async throws {
        try await withFolder { folder in
            try await withStores(folder) { (store) async throws in
                _ = try await store.begin(key, bodyHash: [1], at: .second(0))
                try await store.finish(key, with: large)
                let late = Int64(idempotencyLifetimeSeconds)
                #expect(try await store.begin(key, bodyHash: [1], at: .second(late)) == .new)
                #expect(try await store.usage(of: .default) == IdempotencyUsage(records: 1, bytes: 0))
                try await store.sweep(before: .second(1))
                #expect(try files(folder) == [])
                #expect(try await store.begin(key, bodyHash: [1], at: .second(late)) == .inProgress)
            }
        }
    }

    @Test func theStartRemovesWhatACrashLeftAndALostFileIsAnError() async throws {
        try await withFolder { folder in
            try await withStores(folder) { (store) async throws in
                _ = try await store.begin(key, bodyHash: [1], at: .second(0))
                try await store.finish(key, with: large)
            }
            for name in ["draft.z.new", "orphan.z"] {
                try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/answers/\(name)"))
            }
            try await withStores(folder) { (store) async throws in
                let kept = try files(folder)
                #expect(kept.count == 1 && !kept[0].hasPrefix("orphan"))
                #expect(try await store.begin(key, bodyHash: [1], at: .second(1)) == .replay(large))
                try FileManager.default.removeItem(atPath: "\(folder)/answers/\(kept[0])")
                try await expectError(.internal) { _ = try await store.begin(key, bodyHash: [1], at: .second(1)) }
            }
        }
    }
}
