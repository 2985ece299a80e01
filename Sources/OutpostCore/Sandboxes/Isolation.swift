// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The kind of isolation of a sandbox, from the weakest to the strongest.
public enum Isolation: String, CaseIterable, Comparable, Sendable {
    case namespaces, gvisor, microvm

    public static func < (weaker: Isolation, stronger: Isolation) -> Bool {
        let order = allCases
        return order.firstIndex(of: weaker) ?? 0 < order.firstIndex(of: stronger) ?? 0
    }

    /// Why a server with the driver `available` cannot provide this isolation; nil when it can.
    public func refusal(having available: Isolation) -> String? {
        self == available ? nil : "this version has no driver for \(self), only for \(available)"
    }
}

/// The isolation that the operator requires.
public struct IsolationPolicy: Hashable, Sendable {
    /// The weakest isolation that a namespace without its own entry accepts.
    public var minimum: Isolation
    /// The weakest isolation of single namespaces.
    public var namespaces: [NamespaceName: Isolation]

    public init(minimum: Isolation = .namespaces, namespaces: [NamespaceName: Isolation] = [:]) {
        self.minimum = minimum
        self.namespaces = namespaces
    }

    /// The weakest isolation that `namespace` accepts.
    public func minimum(in namespace: NamespaceName) -> Isolation { namespaces[namespace] ?? minimum }

    /// The minima that a server with the driver `available` cannot meet, sorted by name. Nothing runs in these namespaces.
    public func unmet(having available: Isolation) -> [(name: String, minimum: Isolation)] {
        let all = [(name: "default", minimum: minimum)] + namespaces.map { (name: $0.key.rawValue, minimum: $0.value) }
        return all.filter { $0.minimum > available }.sorted { $0.name < $1.name }
    }

    /// Returns the isolation that a sandbox gets: exactly `wanted`, or the server's isolation when `wanted` is nil.
    ///
    /// - Throws: `forbidden` when `wanted` is weaker than the minimum of the namespace; `unprocessable` when the server
    ///   cannot provide `wanted` or the minimum.
    public func granted(
        _ wanted: Isolation?, in namespace: NamespaceName, having available: Isolation
    ) throws(OutpostError) -> Isolation {
        let minimum = minimum(in: namespace)
        if let wanted, wanted < minimum {
            throw .parameter(
                .forbidden, Parameter.security / .isolation,
                "is \(wanted), but the namespace \(namespace) needs at least \(minimum)")
        }
        let needed = wanted ?? max(minimum, available)
        guard let reason = needed.refusal(having: available) else { return needed }
        guard wanted == nil else {
            throw .parameter(
                .unprocessable, Parameter.security / .isolation, "cannot be \(needed): \(reason)")
        }
        throw .parameter(
            .unprocessable, Parameter.security / .isolation,
            "cannot be \(needed), the minimum of the namespace \(namespace): \(reason)")
    }
}
