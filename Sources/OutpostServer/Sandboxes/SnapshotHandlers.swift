// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func createSnapshot(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(SnapshotRequest.self, call)
        let snapshot = try await engine.sandboxes.snapshot(
            call.requireSandbox(), name: request.name, in: call.requireNamespace())
        return .json(snapshot.json, status: 201)
    }

    func forkSandbox(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(ForkRequest.self, call)
        let forks = try await engine.sandboxes.fork(
            call.requireSandbox(), count: request.count, in: call.requireNamespace())
        return try await encoded(bytes: forks.reduce(0) { $0 + $1.recordBytes }, status: 201, call) {
            ForkReply(sandboxes: forks).json
        }
    }

    func listSnapshots(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try SnapshotListQuery(query: call.query)
        let found = try await engine.sandboxes.snapshots(in: call.requireNamespace()).filter { snapshot in
            query.sandbox.map { $0 == snapshot.sandboxID } ?? true
        }
        return .json(Page(slicing: Self.sorted(found, query.list), query.list).json)
    }

    /// Sorts equal values by id. Otherwise a snapshot could be on two pages or on none.
    private static func sorted(_ list: [Snapshot], _ query: ListQuery<SnapshotSortField>) -> [Snapshot] {
        let ascending: (Snapshot, Snapshot) -> Bool =
            switch query.sort {
            case .createdAt: { ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue) }
            case .name: { ($0.name ?? "", $0.id.rawValue) < ($1.name ?? "", $1.id.rawValue) }
            case .size: { ($0.bytes, $0.id.rawValue) < ($1.bytes, $1.id.rawValue) }
            }
        return list.sorted { query.order == .ascending ? ascending($0, $1) : ascending($1, $0) }
    }

    func deleteSnapshot(_ call: Call) async throws(OutpostError) -> Answer {
        try await engine.sandboxes.delete(call.requireSnapshot(), in: call.requireNamespace())
        return .empty
    }
}
