// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// What the sandboxes of one pool have in common.
enum PoolKey: Hashable, Sendable {
    /// Nothing is in them yet, so any program can be the first.
    case empty(SandboxSpec)
    /// An interpreter waits in each for its program.
    case interpreter(WarmKey)

    /// Whose programs it is for; nil for nobody's.
    var namespace: NamespaceName? {
        switch self {
        case .empty(let spec): spec.namespace
        case .interpreter(let key): key.namespace
        }
    }

    /// For counts.
    var content: PooledContent {
        switch self {
        case .empty: .nothing
        case .interpreter: .interpreter
        }
    }
}

/// What waits in a sandbox that is made before it is asked for.
public enum PooledContent: String, Sendable, CaseIterable {
    case nothing, interpreter
}
