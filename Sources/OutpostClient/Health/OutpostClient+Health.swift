// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Checks that the server answers. Needs no token.
    public func health() async throws(OutpostError) -> Answer<HealthReply> {
        try await answer(Call(operation: .getHealth), as: HealthReply.self)
    }

    /// Checks that the server accepts work. Needs no token.
    ///
    /// - Throws: `unavailable` while the server starts, drains, or is blocked.
    public func readiness() async throws(OutpostError) -> Answer<HealthReply> {
        try await answer(Call(operation: .getReadiness), as: HealthReply.self)
    }
}
