// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// A wait for an answer of the spawner's that can be given up. What was asked for happens all the same.
@Reactor
final class SpawnerWait {
    /// What the call throws whose wait was given up.
    nonisolated static let overdue = SystemError("wait for the spawner", number: SystemError.timedOut)

    var onGiveUp: (@Reactor () -> Void)?

    /// Without effect when there is an answer.
    func giveUp() { onGiveUp?() }
}
