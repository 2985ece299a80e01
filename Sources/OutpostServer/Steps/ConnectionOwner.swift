// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostCore
import OutpostEngine

/// Counts the connection in the quota of the caller's namespace.
struct ConnectionOwner: RequestStep {
    let connections: Connections

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        if let principal = call.principal {
            try connections.give(call.channel, to: principal.namespace ?? .default)
        }
        return try await next(request, call)
    }
}
