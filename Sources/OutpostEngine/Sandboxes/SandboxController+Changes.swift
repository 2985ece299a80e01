// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

extension SandboxController {
    /// Changes the record. The change counts from the next run on.
    ///
    /// - Parameters:
    ///   - change: makes the new record.
    ///   - store: stores it.
    /// - Throws: `not_found` when the sandbox is deleted; the errors of `change` and `store`, and the record is as it was.
    func update(
        _ change: @Sendable (Sandbox) throws(OutpostError) -> Sandbox,
        store: @Sendable (Sandbox) async throws(OutpostError) -> Void
    ) async throws(OutpostError) -> Sandbox {
        try await changes.run { () async throws(OutpostError) in
            if isDeleted { throw SandboxService.missing(record.id) }
            var new = try change(record)
            new.expiresAt = Self.expiry(new)
            try await store(new)
            // A run may have ended meanwhile.
            new.lastUsedAt = record.lastUsedAt
            new.expiresAt = Self.expiry(new)
            record = new
            return sandbox
        }
    }

    /// Waits for the turn of a run, ends the instance, and keeps the sandbox down during `body`. Later runs and holds wait.
    ///
    /// - Parameters:
    ///   - purpose: names the work in errors, such as "a snapshot".
    ///   - body: works on the disk of the sandbox.
    /// - Throws: `conflict` when the sandbox is ephemeral, paused, has lost its files, or has processes, calls or concurrent
    ///   runs in progress; `not_found` when it is deleted; `rate_limited` when too many runs wait; `unavailable` when the
    ///   kernel does not end a process of it in time; the errors of `body`.
    func whileDown<Result: Sendable>(
        for purpose: String, _ body: @Sendable (Sandbox) async throws(OutpostError) -> Result
    ) async throws(OutpostError) -> Result {
        try checkNotPaused()
        try await takeTurn(ExecutionID(), concurrent: false)
        defer { endTurn(concurrent: false) }
        return try await changes.run { () async throws(OutpostError) in
            try checkNotPaused()
            if let refusal { throw refusal }
            guard record.status != .failed else { throw SandboxService.lostFiles(record.id) }
            guard isQuiet else {
                let count = runs.count + holds.values.reduce(0, +)
                throw OutpostError(
                    .conflict,
                    "sandbox \(record.id) is running: \(count) processes, runs or calls are in progress, and \(purpose) needs "
                        + "a sandbox without them")
            }
            let work = Milestone()
            diskWork = work
            defer {
                diskWork = nil
                work.reach()
            }
            await unload(releasesDiskEarly: true)
            try await waitForTeardown()
            return try await body(record)
        }
    }

    /// Records that the disk of the sandbox has become a sealed disk. Call it in `whileDown`.
    func adopt(layers: [SealedDiskID]) -> Sandbox {
        record.layers = layers
        record.sealedAfterUse = record.lastUsedAt
        return record
    }

    /// Records that the sandbox has lost its files.
    func fail() { record.status = .failed }

    /// What the sandbox has used since the server started, and what it uses now.
    ///
    /// - Returns: the usage, and whether it counts the disk. It does when the sandbox is up.
    func usage() async -> (usage: SandboxUsage, countsDisk: Bool) {
        guard let instance = lifecycle.instance, await instance.isAlive, var usage = try? await instance.usage() else {
            return (usedBefore, false)
        }
        usage.add(earlier: usedBefore)
        return (usage, true)
    }
}
