// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Returns when `finish` does. When that takes longer than `seconds`, `hurry` is called once, and is to make it return.
public func drain(
    within seconds: Int, _ finish: @escaping @Sendable () async -> Void, hurry: @escaping @Sendable () async -> Void
) async {
    await withTaskGroup(of: Void.self) { group in
        group.addTask {
            // Cancelled when everything has finished in time.
            guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
            await hurry()
        }
        await finish()
        group.cancelAll()
    }
}
