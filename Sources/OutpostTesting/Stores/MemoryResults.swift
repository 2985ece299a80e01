// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore
import Synchronization

/// Large results in memory. A test can have each `keep` fail, as on a full disk.
public final class MemoryResults: JobResultStore {
    private struct State {
        var kept: [JobResultID: [UInt8]] = [:]
        var isFull = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Whether the disk is full.
    public func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    public func keep(_ result: [UInt8], of id: JobResultID, atMost most: Int?) async throws(OutpostError) -> Int? {
        try state.withLock { (state) throws(OutpostError) in
            if state.isFull { throw OutpostError(.insufficientStorage, "full") }
            guard result.count <= most ?? .max else { return nil }
            state.kept[id] = result
            return result.count
        }
    }

    public func length(of id: JobResultID) async throws(OutpostError) -> Int? { state.withLock { $0.kept[id]?.count } }

    public func result(of id: JobResultID) async throws(OutpostError) -> [UInt8]? { state.withLock { $0.kept[id] } }

    public func remove(_ ids: [JobResultID]) async throws(OutpostError) {
        state.withLock { state in for id in ids { state.kept[id] = nil } }
    }

    public func all() async throws(OutpostError) -> [JobResultID: Int] { state.withLock { $0.kept.mapValues(\.count) } }
}
