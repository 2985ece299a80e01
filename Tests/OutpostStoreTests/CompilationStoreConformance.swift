// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import OutpostCore
import OutpostStore
import OutpostStoreFiles
import OutpostTesting
import Testing

/// The stores of compilations.
enum CompilationStoreKind: CaseIterable {
    /// Stands for the files in other tests.
    case memory
    case files

    struct Options {
        var clock: WallClock = { .second(0) }
        /// Bytes that a namespace may keep.
        var limit: @Sendable (NamespaceName) -> Int = { _ in 1 << 20 }
    }

    /// Runs `body` with an empty store.
    func withStore(
        _ options: Options = Options(), _ body: (any CompilationStore) async throws -> Void
    ) async throws {
        switch self {
        case .memory: try await body(MemoryCompilations(clock: options.clock, limit: options.limit))
        case .files:
            try await withFolder { folder in
                try await body(
                    try await CompilationFiles.open(directory: folder, clock: options.clock, limit: options.limit))
            }
        }
    }
}

/// Which compilations are kept, and for how long: what every store must do.
struct CompilationStoreConformance {
    private static let large = [UInt8](repeating: 7, count: 100_000)
    /// Room for two of them.
    private static let limit = 250_000
    private let team = NamespaceName("team-a") ?? .default

    private func bytes(
        _ key: String, _ namespace: NamespaceName = .default, in store: any CompilationStore
    ) async throws -> [UInt8]? {
        guard let entry = try await store.entry(key, in: namespace) else { return nil }
        return try await entry.read()
    }

    @Test(arguments: CompilationStoreKind.allCases)
    func whatIsKeptComesBackInItsNamespaceOnly(kind: CompilationStoreKind) async throws {
        try await kind.withStore { (store) async throws in
            #expect(try await bytes("a", in: store) == nil)
            #expect(try await store.keep([1, 2, 3], as: "a", in: .default) != nil)
            #expect(try await bytes("a", in: store) == [1, 2, 3])
            #expect(try await bytes("a", team, in: store) == nil)
            #expect(await store.usage(of: .default).used >= 3)
            #expect(await store.usage(of: team).used == 0)
        }
    }

    @Test(arguments: CompilationStoreKind.allCases)
    func whatTakesItsPlaceHasAnotherStamp(kind: CompilationStoreKind) async throws {
        try await kind.withStore { store in
            let first = try await store.keep([1], as: "a", in: .default)
            let open = try #require(try await store.entry("a", in: .default))
            let second = try await store.keep([2], as: "a", in: .default)
            let entry = try #require(try await store.entry("a", in: .default))
            #expect(first != nil && open.stamp == first && first != second && entry.stamp == second)
            #expect(try await entry.read() == [2])
            // What somebody has open stays whole.
            #expect(try await open.read() == [1])
        }
    }

    @Test(arguments: CompilationStoreKind.allCases)
    func whatIsRemovedIsGoneAndMayBeRemovedAgain(kind: CompilationStoreKind) async throws {
        try await kind.withStore { store in
            _ = try await store.keep([1], as: "a", in: .default)
            _ = try await store.keep([2], as: "b", in: .default)
            let open = try #require(try await store.entry("a", in: .default))
            for _ in 0..<2 { try await store.remove("a", in: .default) }
            #expect(try await bytes("a", in: store) == nil)
            #expect(try await bytes("b", in: store) == [2])
            #expect(try await open.read() == [1])
        }
    }

    @Test(arguments: CompilationStoreKind.allCases)
    func theLeastRecentlyUsedGoes(kind: CompilationStoreKind) async throws {
        try await kind.withStore(.init(limit: { _ in Self.limit })) { store in
            _ = try await store.keep(Self.large, as: "a", in: .default)
            _ = try await store.keep(Self.large, as: "b", in: .default)
            #expect(try await bytes("a", in: store) != nil)
            _ = try await store.keep(Self.large, as: "c", in: .default)
            #expect(try await bytes("b", in: store) == nil)
            #expect(try await bytes("a", in: store) == Self.large)
            #expect(try await bytes("c", in: store) == Self.large)
            #expect(await store.usage(of: .default) == (200_000, Self.limit))
        }
    }

    @Test(arguments: CompilationStoreKind.allCases)
    func whatIsTooLargeDisplacesNothing(kind: CompilationStoreKind) async throws {
        try await kind.withStore(.init(limit: { _ in Self.limit })) { store in
            _ = try await store.keep(Self.large, as: "a", in: .default)
            let huge = [UInt8](repeating: 0, count: Self.limit + 1)
            #expect(try await store.keep(huge, as: "b", in: .default) == nil)
            #expect(try await bytes("a", in: store) == Self.large)
            #expect(try await bytes("b", in: store) == nil)
        }
    }

    @Test(arguments: CompilationStoreKind.allCases)
    func eachNamespaceHasRoomOfItsOwn(kind: CompilationStoreKind) async throws {
        try await kind.withStore(.init(limit: { $0 == .default ? 0 : Self.limit })) { (store) async throws in
            #expect(try await store.keep(Self.large, as: "a", in: .default) == nil)
            for key in ["a", "b", "c"] { #expect(try await store.keep(Self.large, as: key, in: team) != nil) }
            #expect(await store.usage(of: team) == (200_000, Self.limit))
            #expect(await store.usage(of: .default) == (0, 0))
        }
    }

    @Test(arguments: CompilationStoreKind.allCases)
    func clearingIsOfOneNamespaceAndTellsWhetherThereWasSomething(kind: CompilationStoreKind) async throws {
        try await kind.withStore { store in
            #expect(try await !store.clear(in: .default))
            _ = try await store.keep([1], as: "a", in: .default)
            _ = try await store.keep([2], as: "a", in: team)
            #expect(try await store.clear(in: .default))
            #expect(try await !store.clear(in: .default))
            #expect(try await bytes("a", team, in: store) == [2])
            #expect(await store.usage(of: .default).used == 0)
        }
    }

    @Test(arguments: CompilationStoreKind.allCases)
    func whatNobodyHasUsedSinceThenCanBeForgotten(kind: CompilationStoreKind) async throws {
        let now = NIOLockedValueBox(Timestamp.second(0))
        try await kind.withStore(.init(clock: { now.withLockedValue { $0 } })) { store in
            _ = try await store.keep([1], as: "a", in: .default)
            _ = try await store.keep([2], as: "b", in: team)
            now.withLockedValue { $0 = .second(100) }
            #expect(try await bytes("b", team, in: store) == [2])
            #expect(try await !store.clear(unusedSince: .second(0)))
            #expect(try await store.clear(unusedSince: .second(50)))
            #expect(try await bytes("a", in: store) == nil)
            #expect(try await bytes("b", team, in: store) == [2])
            #expect(try await store.clear(unusedSince: .distantFuture))
            #expect(try await bytes("b", team, in: store) == nil)
        }
    }
}
