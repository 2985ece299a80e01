// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension IsolationPolicy {
    /// Reads the section `isolation`. It has `minimum`, and the same for each namespace in `namespaces`.
    ///
    /// - Throws: `invalid_request` that names an unknown key or a wrong value.
    init(_ file: inout ConfigurationSection) throws(OutpostError) {
        self.init()
        guard var part = try file.section("isolation") else { return }
        if let isolation = try part.isolation("minimum") { minimum = isolation }
        for (name, section) in try part.sections("namespaces") {
            guard let namespace = NamespaceName(name) else {
                throw part.problem(name, "is not the name of a namespace")
            }
            var section = section
            namespaces[namespace] = try section.isolation("minimum")
            try section.finish()
        }
        try part.finish()
    }
}

extension ConfigurationSection {
    fileprivate mutating func isolation(_ key: String) throws(OutpostError) -> Isolation? {
        guard let text = try text(key) else { return nil }
        guard let isolation = Isolation(rawValue: text) else {
            throw problem(key, "must be one of \(Isolation.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return isolation
    }
}
