// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Waits until `finish` returns. Calls `hurry` once when this takes longer than `seconds`. `hurry` must make `finish`
/// return.
public func drain(
    within seconds: Int, _ finish: @escaping @Sendable () async -> Void, hurry: @escaping @Sendable () async -> Void
) async {
    await withTaskGroup(of: Void.self) { group in
        group.addTask {
            // The sleep is cancelled when `finish` returns in time.
            guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
            await hurry()
        }
        await finish()
        group.cancelAll()
    }
}
