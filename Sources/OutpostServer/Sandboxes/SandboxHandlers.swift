// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func createSandbox(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(SandboxRequest.self, call)
        let sandbox = try await engine.sandboxes.create(request, in: call.requireNamespace())
        return try await encoded(bytes: sandbox.recordBytes, status: 201, call) { sandbox.json }
    }

    func listSandboxes(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try SandboxListQuery(query: call.query)
        let language = query.language.map(engine.languages.canonicalName)
        let all = await engine.sandboxes.sandboxes(in: try call.requireNamespace())
        let found = all.filter { sandbox in
            (query.status.map { $0 == sandbox.status } ?? true) && (query.mode.map { $0 == sandbox.mode } ?? true)
                && (language.map { $0 == sandbox.language } ?? true)
        }
        let page = Page(slicing: Self.sorted(found, query.list), query.list)
        return try await encoded(bytes: page.items.reduce(0) { $0 + $1.recordBytes }, call) { page.json }
    }

    /// Sorts equal values by id. Otherwise a sandbox could be on two pages or on none.
    private static func sorted(_ list: [Sandbox], _ query: ListQuery<SandboxSortField>) -> [Sandbox] {
        let ascending: (Sandbox, Sandbox) -> Bool =
            switch query.sort {
            case .createdAt: { ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue) }
            case .lastUsedAt: { ($0.lastUsedAt, $0.id.rawValue) < ($1.lastUsedAt, $1.id.rawValue) }
            case .name: { ($0.name ?? "", $0.id.rawValue) < ($1.name ?? "", $1.id.rawValue) }
            }
        return list.sorted { query.order == .ascending ? ascending($0, $1) : ascending($1, $0) }
    }

    func getSandbox(_ call: Call) async throws(OutpostError) -> Answer {
        let sandbox = try await engine.sandboxes.sandbox(call.requireSandbox(), in: call.requireNamespace())
        return try await encoded(bytes: sandbox.recordBytes, call) { sandbox.json }
    }

    func deleteSandbox(_ call: Call) async throws(OutpostError) -> Answer {
        try await engine.sandboxes.delete(call.requireSandbox(), in: call.requireNamespace())
        return .empty
    }
}
