// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One step from a body's root to a value in it.
enum PathStep {
    case name(String)
    case index(Int)
}

extension [PathStep] {
    /// As errors name the place, `resource_limits.memory_mb` or `env[2]`; the root is `body`.
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

/// A client's own name in an answer must not make the answer as long as the request, nor leave a hole in it.
private func shortened(_ name: String) -> String {
    if name.isEmpty { return "\"\"" }
    let scalars = name.unicodeScalars
    guard scalars.count > 64 else { return name }
    return String(String.UnicodeScalarView(scalars.prefix(64))) + "…"
}
