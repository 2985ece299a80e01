// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension QuotaPolicy {
    /// Reads the section `quotas`. It has `default`, and the same for each namespace in `namespaces`.
    ///
    /// - Throws: `invalid_request` that names an unknown key or a wrong value.
    init(_ file: inout ConfigurationSection) throws(OutpostError) {
        self.init()
        guard var part = try file.section("quotas") else { return }
        if var section = try part.section("default") { standard = try Limits(&section) }
        for (name, section) in try part.sections("namespaces") {
            guard let namespace = NamespaceName(name) else {
                throw part.problem(name, "is not the name of a namespace")
            }
            var section = section
            namespaces[namespace] = try Limits(&section)
        }
        try part.finish()
    }
}

extension QuotaPolicy.Limits {
    fileprivate init(_ section: inout ConfigurationSection) throws(OutpostError) {
        self.init()
        for quota in Quota.configurable { values[quota] = try section.number(quota.rawValue, 0...1_000_000_000) }
        cpuWeight = try section.number("cpu_weight", 1...10_000)
        cpuCores = try section.real("cpu_cores", 0.01...4096)
        maxProcesses = try section.number("max_processes", 1...4_194_304)
        memoryMiB = try section.number("memory_mb", 4...(1 << 24))
        try section.finish()
    }
}
