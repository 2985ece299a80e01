// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostStore
import OutpostStoreFiles
import OutpostTesting
import Testing

/// What every store of compilations does, in files and in memory.
struct CompilationStoreTests {
    private func withEach(_ body: (any CompilationStore) async throws -> Void) async throws {
        try await body(MemoryCompilations())
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("outpost-kept-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(
            try await CompilationFiles.open(directory: folder.path, clock: { .second(0) }) { _ in 1 << 20 })
    }

    private func bytes(
        _ key: String, _ namespace: NamespaceName = .default, in store: any CompilationStore
    ) async throws -> [UInt8]? {
        guard let entry = try await store.entry(key, in: namespace) else { return nil }
        return try await entry.read()
    }

    @Test func whatIsKeptComesBackInItsNamespaceOnly() async throws {
        let other = try #require(NamespaceName("team-a"))
        try await withEach { store in
            let nothing = try await bytes("a", in: store)
            let stamp = try await store.keep([1, 2, 3], as: "a", in: .default)
            let kept = try await bytes("a", in: store)
            let foreign = try await bytes("a", other, in: store)
            #expect(nothing == nil && stamp != nil && kept == [1, 2, 3] && foreign == nil)
            let used = (await store.usage(of: .default).used, await store.usage(of: other).used)
            #expect(used.0 >= 3 && used.1 == 0)
        }
    }

    @Test func whatTakesItsPlaceHasAnotherStamp() async throws {
        try await withEach { store in
            let first = try await store.keep([1], as: "a", in: .default)
            let second = try await store.keep([2], as: "a", in: .default)
            let entry = try #require(try await store.entry("a", in: .default))
            let kept = try await entry.read()
            #expect(first != nil && first != second && entry.stamp == second && kept == [2])
        }
    }

    @Test func whatIsRemovedIsGoneAndMayBeRemovedAgain() async throws {
        try await withEach { store in
            _ = try await store.keep([1], as: "a", in: .default)
            _ = try await store.keep([2], as: "b", in: .default)
            for _ in 0..<2 { try await store.remove("a", in: .default) }
            let left = (try await bytes("a", in: store), try await bytes("b", in: store))
            #expect(left.0 == nil && left.1 == [2])
        }
    }

    @Test func clearingIsOfOneNamespaceAndTellsWhetherThereWasSomething() async throws {
        let other = try #require(NamespaceName("team-a"))
        try await withEach { store in
            let before = try await store.clear(in: .default)
            _ = try await store.keep([1], as: "a", in: .default)
            _ = try await store.keep([2], as: "a", in: other)
            let first = try await store.clear(in: .default)
            let second = try await store.clear(in: .default)
            #expect(!before && first && !second)
            let foreign = try await bytes("a", other, in: store)
            let rest = try await store.clear(unusedSince: .distantFuture)
            let end = try await bytes("a", other, in: store)
            #expect(foreign == [2] && rest && end == nil)
        }
    }
}
