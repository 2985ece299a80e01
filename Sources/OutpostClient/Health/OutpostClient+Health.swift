// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// That the server is there; needs no token.
    public func health() async throws(OutpostError) -> Answer<HealthReply> {
        try await answer(Call(operation: .getHealth), as: HealthReply.self)
    }

    /// That the server takes work; needs no token.
    ///
    /// - Throws: `unavailable` while it starts or drains.
    public func readiness() async throws(OutpostError) -> Answer<HealthReply> {
        try await answer(Call(operation: .getReadiness), as: HealthReply.self)
    }
}
