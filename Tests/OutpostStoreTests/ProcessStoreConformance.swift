// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// What is kept of processes: what every store must do.
struct ProcessStoreConformance {
    private func process(_ second: Int64, isFull: Bool = false) throws -> StoredProcess {
        var process = SandboxProcess(
            id: ProcessID(), sandboxID: SandboxID(), command: ["sleep", "1"], startedAt: .second(second))
        guard isFull else { return StoredProcess(process, in: .default) }
        process.name = "web"
        (process.status, process.signal, process.cause) = (.signalled, "SIGKILL", .outOfMemory)
        (process.terminal, process.pid) = (ProcessTerminal(rows: 3, columns: 4), 5)
        (process.stdoutBytes, process.stderrBytes) = (1_000_000, 2)
        (process.cpuTimeMilliseconds, process.memoryPeakBytes) = (1.5, 4096)
        process.endedAt = .second(second + 1)
        return StoredProcess(process, in: try #require(NamespaceName("team-a")), stdout: [0, 255, 10], stderr: [1])
    }

    @Test(arguments: StoreKind.allCases)
    func aProcessComesBackWithItsOutput(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let (second, first) = (try process(2), try process(1, isFull: true))
            for one in [second, first] { try await stores.all.processes.put(one) }
            #expect(try await stores.all.processes.all() == [first, second])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theEndReplacesTheStart(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            var one = try process(1)
            try await stores.all.processes.put(one)
            one.process.status = .exited
            one.process.exitCode = 3
            one.stdout = [7]
            try await stores.all.processes.put(one)
            #expect(try await stores.all.processes.all() == [one])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aDeletedProcessIsGone(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let (first, second) = (try process(1), try process(2))
            for one in [first, second] { try await stores.all.processes.put(one) }
            try await stores.all.processes.delete([first.process.id, ProcessID()])
            #expect(try await stores.all.processes.all() == [second])
        }
    }
}
