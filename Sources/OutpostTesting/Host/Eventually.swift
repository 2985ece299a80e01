// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Looks until `condition` holds, for what gives no event of its own. Only a hang reaches the default limit.
///
/// - Returns: whether it held within `limit`.
public func eventually(
    within limit: Duration = .seconds(240), _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}
