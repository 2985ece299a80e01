// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostStore
import OutpostStoreFiles
import OutpostTesting
import Testing

/// The stores of large results.
enum ResultStoreKind: CaseIterable {
    /// Stands for the files in other tests.
    case memory
    case files

    /// Runs `body` with an empty store.
    func withStore(_ body: (any JobResultStore) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(MemoryResults())
        case .files: try await withFolder { try await body(try await JobResultFiles.open(directory: $0)) }
        }
    }
}

/// What is kept of large results: what every store must do.
struct JobResultConformance {
    private let first = JobResultID(job: JobID(number: 1), lease: 1)
    private let second = JobResultID(job: JobID(number: 2), lease: 1)
    /// Does not get smaller by compression.
    private let large = (0..<100_000).map { _ in UInt8.random(in: 0...255) }

    @Test(arguments: ResultStoreKind.allCases)
    func aResultComesBackAsItWasPutIn(kind: ResultStoreKind) async throws {
        try await kind.withStore { store in
            #expect(try await store.result(of: first) == nil)
            for result in [large, [], [0], [UInt8](repeating: 7, count: 1 << 20)] {
                let size = try await store.keep(result, of: first, atMost: nil)
                #expect(size != nil)
                #expect(try await store.result(of: first) == result)
                #expect(try await store.length(of: first) == result.count)
                #expect(try await store.all() == [first: try #require(size)])
            }
            #expect(try await store.result(of: second) == nil)
            #expect(try await store.length(of: second) == nil)
        }
    }

    @Test(arguments: ResultStoreKind.allCases)
    func whatTakesMoreThanItMayIsNotKept(kind: ResultStoreKind) async throws {
        try await kind.withStore { store in
            #expect(try await store.keep(large, of: first, atMost: large.count - 1) == nil)
            #expect(try await store.result(of: first) == nil)
            #expect(try await store.all() == [:])
            let size = try #require(try await store.keep(large, of: first, atMost: 2 * large.count))
            #expect(size >= large.count && size <= 2 * large.count)
            // The limit itself is allowed.
            #expect(try await store.keep(large, of: second, atMost: size) == size)
        }
    }

    @Test(arguments: ResultStoreKind.allCases)
    func whatIsRefusedLeavesTheEarlierResult(kind: ResultStoreKind) async throws {
        try await kind.withStore { store in
            let size = try await store.keep([1], of: first, atMost: nil)
            #expect(try await store.keep(large, of: first, atMost: 10) == nil)
            #expect(try await store.result(of: first) == [1])
            #expect(try await store.all()[first] == size)
        }
    }

    @Test(arguments: ResultStoreKind.allCases)
    func whatIsRemovedIsGoneAndMayBeRemovedAgain(kind: ResultStoreKind) async throws {
        try await kind.withStore { store in
            for id in [first, second] { _ = try await store.keep([1], of: id, atMost: nil) }
            for _ in 0..<2 { try await store.remove([first, JobResultID(job: JobID(number: 3), lease: 1)]) }
            try await store.remove([])
            #expect(try await store.result(of: first) == nil)
            #expect(try await store.result(of: second) == [1])
            #expect(try await Array(store.all().keys) == [second])
        }
    }

    @Test(arguments: ResultStoreKind.allCases)
    func manyWritersAtOnceLoseNothing(kind: ResultStoreKind) async throws {
        try await kind.withStore { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...50 as ClosedRange<UInt64> {
                    group.addTask {
                        _ = try await store.keep([UInt8(number)], of: id(number), atMost: nil)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.all().count == 50)
            for number in 1...50 as ClosedRange<UInt64> {
                #expect(try await store.result(of: id(number)) == [UInt8(number)])
            }
        }
    }

    private func id(_ number: UInt64) -> JobResultID { JobResultID(job: JobID(number: number), lease: 1) }

    @Test(arguments: ResultStoreKind.allCases)
    func writersOfOneJobDoNotDisturbEachOther(kind: ResultStoreKind) async throws {
        try await kind.withStore { store in
            let ids =
                (1...20).map { JobResultID(job: first.job, lease: $0) } + [JobResultID(job: first.job, lease: nil)]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in ids {
                    group.addTask {
                        _ = try await store.keep(
                            .init(repeating: UInt8(id.lease ?? 0), count: 5000), of: id, atMost: nil)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await Set(store.all().keys) == Set(ids))
            try await store.remove(Array(ids.dropFirst(2)))
            #expect(try await store.result(of: ids[0]) == .init(repeating: 1, count: 5000))
            #expect(try await Set(store.all().keys) == Set(ids.prefix(2)))
        }
    }
}

/// Results as files: what a crash and a damaged disk leave.
struct JobResultFilesTests {
    private let id = JobResultID(job: JobID(number: 1), lease: 7)

    @Test func aRestartFindsTheResultsAndRemovesWhatIsUnfinished() async throws {
        try await withFolder { folder in
            let size = try await JobResultFiles.open(directory: folder).keep([1, 2], of: id, atMost: nil)
            try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(JobID(number: 2)).3.z.new"))
            try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/notes.z"))
            let store = try await JobResultFiles.open(directory: folder)
            #expect(try await store.all() == [id: try #require(size)])
            #expect(try await store.result(of: id) == [1, 2])
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names == ["\(id.job).7.z", "notes.z"].sorted())
        }
    }

    @Test func aFileOfAnEarlierVersionHasNoLease() async throws {
        try await withFolder { folder in
            let store = try await JobResultFiles.open(directory: folder)
            _ = try await store.keep([1, 2], of: id, atMost: nil)
            try FileManager.default.moveItem(atPath: "\(folder)/\(id.job).7.z", toPath: "\(folder)/\(id.job).z")
            for name in ["x.7.z", ".z"] { try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(id.job).\(name)")) }
            let old = JobResultID(job: id.job, lease: nil)
            #expect(try await Array(store.all().keys) == [old])
            #expect(try await store.result(of: old) == [1, 2])
            #expect(try await store.result(of: id) == nil)
            try await store.remove([old])
            #expect(try await store.all() == [:])
        }
    }

    @Test func aDamagedResultIsNone() async throws {
        try await withFolder { folder in
            let store = try await JobResultFiles.open(directory: folder)
            _ = try await store.keep([UInt8](repeating: 9, count: 10_000), of: id, atMost: nil)
            let file = URL(fileURLWithPath: "\(folder)/\(id.job).7.z")
            for damaged in [try Data(contentsOf: file).dropLast(4), Data([1, 2, 3]), Data()] {
                try Data(damaged).write(to: file)
                #expect(try await store.result(of: id) == nil)
            }
        }
    }

    @Test func aFolderThatIsGoneIsAnErrorAndNoEmptyStore() async throws {
        try await withFolder { folder in
            let store = try await JobResultFiles.open(directory: folder + "/results")
            try FileManager.default.removeItem(atPath: folder + "/results")
            try await expectError(.internal) { _ = try await store.keep([1], of: id, atMost: nil) }
            try await expectError(.internal) { _ = try await store.all() }
        }
    }
}
