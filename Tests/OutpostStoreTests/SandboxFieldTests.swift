// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostStoreSQLite
import Testing

/// A field that is added to a sandbox and not to the stores fails here.
struct SandboxFieldTests {
    private static var full: Sandbox {
        var sandbox = Sandbox.sample(expiresAt: .second(60))
        sandbox.limits = ResourceLimits(
            memoryMiB: 1, cpuCores: 0.1, timeoutMilliseconds: 2, diskMiB: 3, maxProcesses: 4, maxOutputBytes: 5,
            stackMiB: 6, maxFileBytes: 7)
        sandbox.environment = [EnvironmentVariable(name: "A", value: "1")]
        sandbox.security = SandboxSecurity(
            seccompEnabled: true, user: .sandbox, preset: "strict", isolation: .gvisor)
        sandbox.idleTimeoutSeconds = 60
        sandbox.onIdle = .pause
        sandbox.layers = [SealedDiskID(), SealedDiskID()]
        sandbox.sealedAfterUse = .second(30)
        return sandbox
    }

    @Test func everyFieldOfASandboxIsKept() async throws {
        let full = Self.full
        #expect(unset(in: full, "sandbox") == [])
        try await withDatabasePath { path in
            let before = try SQLiteStores.open(path: path)
            try await before.sandboxes.insert(full)
            try await before.close()
            let after = try SQLiteStores.open(path: path)
            #expect(try await after.sandboxes.all().sandboxes == [full])
            try await after.close()
        }
    }
}
