// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// The stateful sandboxes that hold a warm interpreter for their next program. Only the most recently used sandboxes
/// hold one, so the memory for them is limited. When there are too many, the namespace with the most loses one.
actor SpareInterpreters {
    private let limit: Int
    /// The most recently used is last.
    private var holders: [(sandbox: any WarmSandbox, namespace: NamespaceName?)] = []

    /// Creates the set.
    ///
    /// - Parameter limit: the maximum number of warm interpreters. 0 turns them off.
    init(limit: Int) { self.limit = limit }

    /// Starts a warm interpreter in a sandbox that has just run a program with this key.
    func keep(_ key: WarmKey, in sandbox: any WarmSandbox) async {
        guard limit > 0 else { return }
        holders.removeAll { $0.sandbox === sandbox }
        holders.append((sandbox, key.namespace))
        if holders.count > limit { await holders.remove(at: firstToGo).sandbox.cancelWarm() }
        await sandbox.startWarm(key)
        // Other calls may have run meanwhile and removed this sandbox.
        if !holders.contains(where: { $0.sandbox === sandbox }) { await sandbox.cancelWarm() }
    }

    /// The index of the least recently used sandbox, of the namespace with the most.
    private var firstToGo: Int {
        let counts = Dictionary(grouping: holders, by: \.namespace).mapValues(\.count)
        let most = counts.values.max() ?? 0
        return holders.firstIndex { counts[$0.namespace] == most } ?? 0
    }
}
