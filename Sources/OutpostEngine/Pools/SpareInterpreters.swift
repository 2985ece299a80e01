// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostDrivers

/// Stateful sandboxes that keep an interpreter for the next program: those that were used last, so that what waits does
/// not grow with how many there are.
actor SpareInterpreters {
    private let limit: Int
    /// The one that was used last at the end.
    private var holders: [any SandboxHandle] = []

    /// - Parameter limit: how many sandboxes may hold one at a time; none does when it is 0.
    init(limit: Int) { self.limit = limit }

    /// A program with this starting point has run in the sandbox: the next like it is expected.
    func keep(_ start: StartingPoint, in sandbox: any SandboxHandle) async {
        guard limit > 0 else { return }
        holders.removeAll { $0 === sandbox }
        holders.append(sandbox)
        if holders.count > limit { await holders.removeFirst().expectNothing() }
        await sandbox.expect(start)
    }
}
