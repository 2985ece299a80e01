// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// The order in which the store gets the start and the end of a process.
struct ProcessRegistryTests {
    /// A store that takes the first process only when it may.
    private struct SlowStore: ProcessStore {
        let stores = MemoryStores()
        let asked = Milestone()
        let mayPut = Milestone()

        func put(_ process: StoredProcess) async throws(OutpostError) {
            asked.reach()
            await mayPut.wait()
            try await stores.processes.put(process)
        }

        func delete(_ ids: [ProcessID]) async throws(OutpostError) { try await stores.processes.delete(ids) }
        func all() async throws(OutpostError) -> [StoredProcess] { try await stores.processes.all() }
    }

    @Test func theStartNeverReplacesTheEnd() async throws {
        let store = SlowStore()
        let registry = ProcessRegistry(
            quotas: QuotaPolicy(), store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let process = LiveProcess(
            ProcessRequest(program: .command(["a"])), command: ["a"], in: SandboxID(), .default
        ) { Timestamp(milliseconds: 0) }
        try registry.begin(process)
        async let recorded: Void = registry.record(process)
        await store.asked.wait()
        process.end(.failure(OutpostError(.internal, "lost")))
        async let ended: Void = registry.end(process)
        store.mayPut.reach()
        try await recorded
        await ended
        #expect(try await store.all().map(\.process.status) == [.lost])
    }
}
