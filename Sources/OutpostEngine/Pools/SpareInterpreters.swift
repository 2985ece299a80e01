// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// Stateful sandboxes that keep an interpreter for the next program: those that were used last, so that what waits does
/// not grow with how many there are. A namespace that has many gives up its own before another does.
actor SpareInterpreters {
    private let limit: Int
    /// The one that was used last at the end.
    private var holders: [(sandbox: any WarmSandbox, namespace: NamespaceName?)] = []

    /// - Parameter limit: how many sandboxes may hold one at a time; none does when it is 0.
    init(limit: Int) { self.limit = limit }

    /// A program with this key has run in the sandbox: the next like it is expected.
    func keep(_ key: WarmKey, in sandbox: any WarmSandbox) async {
        guard limit > 0 else { return }
        holders.removeAll { $0.sandbox === sandbox }
        holders.append((sandbox, key.namespace))
        if holders.count > limit { await holders.remove(at: firstToGo).sandbox.cancelWarm() }
        await sandbox.startWarm(key)
        // Others may have come meanwhile, and this one may be among those that had to go.
        if !holders.contains(where: { $0.sandbox === sandbox }) { await sandbox.cancelWarm() }
    }

    /// The one that was used least recently, of the namespace that has the most.
    private var firstToGo: Int {
        let counts = Dictionary(grouping: holders, by: \.namespace).mapValues(\.count)
        let most = counts.values.max() ?? 0
        return holders.firstIndex { counts[$0.namespace] == most } ?? 0
    }
}
