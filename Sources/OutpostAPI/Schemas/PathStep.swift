// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One step from a body's root to a value in it.
enum PathStep {
    case name(String)
    case index(Int)
}

extension [PathStep] {
    /// The path as text in errors, such as `resource_limits.memory_mb` or `env[2]`. The root is `body`.
    var dotted: String {
        guard !isEmpty else { return "body" }
        return reduce(into: "") { text, step in
            switch step {
            case .name(let name): text += (text.isEmpty ? "" : ".") + shortened(name)
            case .index(let index): text += "[\(index)]"
            }
        }
    }
}

/// Limits a name that the client chose to 64 scalars, because an answer must not grow with the request. An empty name
/// becomes `""`, which is visible.
private func shortened(_ name: String) -> String {
    if name.isEmpty { return "\"\"" }
    let scalars = name.unicodeScalars
    guard scalars.count > 64 else { return name }
    return String(String.UnicodeScalarView(scalars.prefix(64))) + "…"
}
