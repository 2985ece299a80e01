// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// Finds room for a sandbox of one namespace.
struct RoomForSandboxes: Sendable {
    /// Frees a resource that this error code is about: unloads an idle sandbox or removes cached programs. Returns
    /// whether it freed something.
    let make: @Sendable (ErrorCode) async -> Bool

    /// Calls `body` again after each idle sandbox that was unloaded, while `body` fails for a lack of capacity.
    func find<Found: Sendable>(_ body: () async throws(OutpostError) -> Found) async throws(OutpostError) -> Found {
        while true {
            do throws(OutpostError) {
                return try await body()
            } catch {
                guard [.unavailable, .rateLimited, .insufficientStorage].contains(error.code),
                    !(error.cause is SandboxController.HeldUp), await make(error.code)
                else { throw error }
            }
        }
    }
}
