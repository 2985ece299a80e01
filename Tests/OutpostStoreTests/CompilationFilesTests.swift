// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
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
}
