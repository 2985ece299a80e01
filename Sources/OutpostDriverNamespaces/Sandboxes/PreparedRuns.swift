// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The stateful sandboxes with a run that was prepared before its program is known.
///
/// Only the last ones keep it. A prepared run holds a cgroup, descriptors, and three pipes, whose pages the kernel counts for
/// the server's user (pipe(7), `pipe-user-pages-soft`).
@Reactor
final class PreparedRuns {
    static let shared = PreparedRuns()
    /// The most sandboxes that keep one.
    static let most = 32

    private struct Entry {
        weak var sandbox: NamespaceSandbox?
    }

    /// The one that was used last is the last.
    private var entries: [Entry] = []

    /// Adds a sandbox, and ends the prepared run of the one that has waited longest, if there are too many.
    func add(_ sandbox: NamespaceSandbox) {
        entries.removeAll { $0.sandbox == nil || $0.sandbox === sandbox }
        entries.append(Entry(sandbox: sandbox))
        guard entries.count > Self.most, let oldest = entries.removeFirst().sandbox else { return }
        sandbox.spawner.tasks.run { await oldest.endPreparedRun() }
    }
}
