// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Checks `condition` every 10 ms until it is true, for changes without an event. Only a hang reaches the default
/// limit.
///
/// - Returns: whether it became true within `limit`.
public func eventually(
    within limit: Duration = .seconds(240), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}
