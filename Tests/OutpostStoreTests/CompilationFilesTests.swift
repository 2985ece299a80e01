// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOConcurrencyHelpers
import OutpostCore
import OutpostStore
import OutpostStoreFiles
import Testing

/// Compilations on disk: what is kept, in which order it goes, and what a crash leaves.
struct CompilationFilesTests {
    private static let entry = [UInt8](repeating: 7, count: 100_000)
    /// Room for two of them.
    private static let limit = 250_000

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("outpost-files-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }

    private func open(
        _ directory: String, limit: Int = limit, clock: @escaping WallClock = { .second(0) }
    ) async throws -> CompilationFiles {
        try await CompilationFiles.open(directory: directory, clock: clock) { _ in limit }
    }

    private func names(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory + "/default").sorted()
    }

    @Test func anEntryIsReadBackInItsNamespaceOnly() async throws {
        try await withDirectory { directory in
            let store = try await open(directory)
            let other = try #require(NamespaceName("other"))
            _ = try await store.keep(Self.entry, as: "a", in: .default)
            #expect(try await store.entry("a", in: .default)?.read() == Self.entry)
            #expect(try await store.entry("a", in: other) == nil)
            #expect(try await store.entry("b", in: .default) == nil)
            try await store.remove("a", in: .default)
            #expect(try await store.entry("a", in: .default) == nil)
            #expect(try names(directory) == [])
        }
    }

    @Test func theLeastRecentlyUsedGoesAlsoAfterARestart() async throws {
        try await withDirectory { directory in
            var store = try await open(directory)
            _ = try await store.keep(Self.entry, as: "a", in: .default)
            _ = try await store.keep(Self.entry, as: "b", in: .default)
            _ = try await store.entry("a", in: .default)
            _ = try await store.keep(Self.entry, as: "c", in: .default)
            #expect(try names(directory) == ["a", "c"])
            _ = try await store.entry("a", in: .default)
            store = try await open(directory)
            _ = try await store.keep(Self.entry, as: "d", in: .default)
            #expect(try names(directory) == ["a", "d"])
        }
    }

    @Test func oneNamespaceTakesNoRoomFromAnother() async throws {
        try await withDirectory { directory in
            let store = try await open(directory)
            let other = try #require(NamespaceName("other"))
            for key in ["a", "b"] {
                _ = try await store.keep(Self.entry, as: key, in: .default)
                _ = try await store.keep(Self.entry, as: key, in: other)
            }
            #expect(try await store.entry("a", in: .default) != nil)
            #expect(try await store.entry("a", in: other) != nil)
        }
    }

    @Test func anEntryThatIsTooLargeDisplacesNothing() async throws {
        try await withDirectory { directory in
            let store = try await open(directory)
            _ = try await store.keep(Self.entry, as: "a", in: .default)
            _ = try await store.keep([UInt8](repeating: 0, count: Self.limit + 1), as: "b", in: .default)
            #expect(try names(directory) == ["a"])
        }
    }

    @Test func manySmallEntriesAreLimitedToo() async throws {
        try await withDirectory { directory in
            let store = try await open(directory)
            for number in 0..<8 { _ = try await store.keep([1], as: "\(number)", in: .default) }
            #expect(try names(directory) == ["5", "6", "7"])
        }
    }

    @Test func whatACrashLeftUnfinishedIsRemovedAtTheNextStart() async throws {
        try await withDirectory { directory in
            _ = try await open(directory).keep(Self.entry, as: "a", in: .default)
            try Data([1]).write(to: URL(fileURLWithPath: directory + "/default/b-1.new"))
            let store = try await open(directory)
            #expect(try names(directory) == ["a"])
            #expect(try await store.entry("a", in: .default)?.read() == Self.entry)
        }
    }

    @Test func aSmallerLimitHoldsFromTheStart() async throws {
        try await withDirectory { directory in
            let store = try await open(directory)
            _ = try await store.keep(Self.entry, as: "a", in: .default)
            _ = try await store.keep(Self.entry, as: "b", in: .default)
            _ = try await open(directory, limit: 150_000)
            #expect(try names(directory) == ["b"])
            _ = try await open(directory, limit: 0)
            #expect(try names(directory) == [])
        }
    }

    @Test func aFileThatIsGoneIsNoEntryAndNoError() async throws {
        try await withDirectory { directory in
            let store = try await open(directory)
            _ = try await store.keep(Self.entry, as: "a", in: .default)
            try FileManager.default.removeItem(atPath: directory + "/default/a")
            #expect(try await store.entry("a", in: .default) == nil)
            _ = try await store.keep(Self.entry, as: "a", in: .default)
            #expect(try await store.entry("a", in: .default)?.read() == Self.entry)
        }
    }

    @Test func whatIsOpenStaysWholeWhenAnotherTakesItsPlace() async throws {
        try await withDirectory { directory in
            let store = try await open(directory)
            let stamp = try await store.keep(Self.entry, as: "a", in: .default)
            let entry = try #require(try await store.entry("a", in: .default))
            #expect(entry.stamp == stamp)
            let other = try await store.keep([1], as: "a", in: .default)
            #expect(other != stamp)
            #expect(try await store.entry("a", in: .default)?.stamp == other)
            #expect(try await entry.read() == Self.entry)
        }
    }

    @Test func eachNamespaceHasALimitOfItsOwn() async throws {
        try await withDirectory { directory in
            let store = try await CompilationFiles.open(directory: directory, clock: { .second(0) }) {
                $0 == .default ? 0 : Self.limit
            }
            #expect(try await store.keep(Self.entry, as: "a", in: .default) == nil)
            let team = try #require(NamespaceName("team-a"))
            for key in ["a", "b", "c"] { #expect(try await store.keep(Self.entry, as: key, in: team) != nil) }
            #expect(await store.usage(of: team) == (200_000, Self.limit))
            #expect(await store.usage(of: .default) == (0, 0))
        }
    }

    @Test func oneNamespacesCanBeGivenBackAlone() async throws {
        try await withDirectory { directory in
            let store = try await open(directory)
            let team = try #require(NamespaceName("team-a"))
            _ = try await store.keep(Self.entry, as: "a", in: .default)
            #expect(try await store.clear(in: team) == false)
            _ = try await store.keep(Self.entry, as: "a", in: team)
            #expect(try await store.clear(in: team))
            #expect(try await store.entry("a", in: team) == nil)
            #expect(await store.usage(of: team) == (0, Self.limit))
            #expect(try await store.entry("a", in: .default) != nil)
        }
    }

    @Test func whatNobodyHasUsedSinceThenCanBeGivenBack() async throws {
        try await withDirectory { directory in
            let now = NIOLockedValueBox(Timestamp.second(0))
            let store = try await open(directory, clock: { now.withLockedValue { $0 } })
            _ = try await store.keep(Self.entry, as: "a", in: .default)
            _ = try await store.keep(Self.entry, as: "b", in: .default)
            now.withLockedValue { $0 = .second(100) }
            #expect(try await store.entry("b", in: .default) != nil)
            #expect(try await store.clear(unusedSince: .second(0)) == false)
            #expect(try await store.clear(unusedSince: .second(50)))
            #expect(try names(directory) == ["b"])
            #expect(try await store.clear(unusedSince: .distantFuture))
            #expect(try await store.entry("b", in: .default) == nil)
        }
    }
}
