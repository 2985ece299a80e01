// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The stores of everything that survives a restart.
///
/// Each call of each store may throw `insufficient_storage` when it writes and the disk is full or fails, `unavailable`
/// when the database stays busy, and `internal` when the database is damaged or closed. A call that throws has changed
/// nothing.
public protocol OutpostStores: Sendable {
    var sandboxes: any SandboxStore { get }
    var processes: any ProcessStore { get }
    var tokens: any TokenStore { get }
    var idempotency: any IdempotencyStore { get }

    /// Waits for running calls, then closes the database. Later calls throw `internal`.
    func close() async throws(OutpostError)
}
