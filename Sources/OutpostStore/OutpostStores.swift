// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Everything that outlives the process, one store per noun.
///
/// Every call of every store may throw `insufficient_storage` when it writes and the disk is full or fails, `unavailable`
/// when the database stays busy, and `internal` when it is damaged or closed. A call that throws has changed nothing.
public protocol OutpostStores: Sendable {
    var sandboxes: any SandboxStore { get }
    var tokens: any TokenStore { get }
    var idempotency: any IdempotencyStore { get }

    /// Waits for the calls under way, then releases the database. Calls after it throw `internal`.
    func close() async throws(OutpostError)
}
