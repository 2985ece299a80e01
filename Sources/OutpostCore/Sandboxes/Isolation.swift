// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What holds the program in, strongest last.
public enum Isolation: String, CaseIterable, Comparable, Sendable {
    case namespaces, gvisor, microvm

    public static func < (weaker: Isolation, stronger: Isolation) -> Bool {
        let order = allCases
        return order.firstIndex(of: weaker) ?? 0 < order.firstIndex(of: stronger) ?? 0
    }

    /// Why a server that has `available` cannot give this one; nil when it can.
    public func refusal(having available: Isolation) -> String? {
        self == available ? nil : "this version has no driver for \(self), only for \(available)"
    }
}

/// How strongly programs have to be held in, as the operator says.
public struct IsolationPolicy: Hashable, Sendable {
    /// For namespaces that have nothing of their own.
    public var minimum: Isolation
    /// What wins over it, name by name.
    public var namespaces: [NamespaceName: Isolation]

    public init(minimum: Isolation = .namespaces, namespaces: [NamespaceName: Isolation] = [:]) {
        self.minimum = minimum
        self.namespaces = namespaces
    }

    public func minimum(in namespace: NamespaceName) -> Isolation { namespaces[namespace] ?? minimum }

    /// What asks for more than a server has that has `available`: in those namespaces nothing runs.
    public func unmet(having available: Isolation) -> [(name: String, minimum: Isolation)] {
        let all = [(name: "default", minimum: minimum)] + namespaces.map { (name: $0.key.rawValue, minimum: $0.value) }
        return all.filter { $0.minimum > available }.sorted { $0.name < $1.name }
    }

    /// What a sandbox gets: what was asked for, and without a wish what the server has, when that is enough. Never another
    /// than was asked for.
    ///
    /// - Throws: `forbidden` for less than the minimum of the namespace, `unprocessable` for what the server does not have.
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
