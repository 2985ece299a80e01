// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// What all sandboxes of one pool have in common.
enum PoolKey: Hashable, Sendable {
    /// Empty sandboxes. They can run any program that fits the spec.
    case empty(SandboxSpec)
    /// Sandboxes with a warm interpreter.
    case interpreter(WarmKey)

    /// The namespace whose programs the pool serves. Nil for the server's own.
    var namespace: NamespaceName? {
        switch self {
        case .empty(let spec): spec.namespace
        case .interpreter(let key): key.namespace
        }
    }

    /// The label in metrics.
    var content: PooledContent {
        switch self {
        case .empty: .nothing
        case .interpreter: .interpreter
        }
    }
}

extension PoolKey: CustomStringConvertible {
    /// A short text for the log. The whole key has the paths, the environment and the limits of its sandboxes.
    var description: String { "\(content.rawValue) for \(namespace?.rawValue ?? "the server")" }
}

/// The content of a warm sandbox.
public enum PooledContent: String, Sendable, CaseIterable {
    case nothing, interpreter
}
