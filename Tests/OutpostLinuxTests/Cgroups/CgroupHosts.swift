// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Fake hosts, one of each kind, with a prepared tree.
struct CgroupHost: Sendable, CustomStringConvertible {
    let description: String
    let files: FakeCgroupFiles
    let tree: CgroupTree<FakeCgroupFiles>

    private init(_ description: String, _ layout: CgroupLayout, _ files: FakeCgroupFiles) throws(SystemError) {
        self.description = description
        self.files = files
        tree = CgroupTree(layout: layout, base: "base", files: files)
        try tree.prepare()
        files.change { $0.log = [] }
    }

    static func unified(accountsSwap: Bool = true) throws(SystemError) -> CgroupHost {
        try CgroupHost(
            "version 2", CgroupLayout(unified: "/cg", unifiedControllers: ["cpu", "memory", "pids"], legacy: [:]),
            FakeCgroupFiles(unified: "/cg", accountsSwap: accountsSwap))
    }

    static func hybrid() throws(SystemError) -> CgroupHost {
        let legacy = [
            "cpu": "/v1/cpu", "cpuacct": "/v1/cpuacct", "memory": "/v1/memory", "pids": "/v1/pids",
            "freezer": "/v1/freezer",
        ]
        let mounts = Dictionary(uniqueKeysWithValues: legacy.map { ($0.value, [$0.key]) })
        return try CgroupHost(
            "hybrid", CgroupLayout(unified: "/cg", unifiedControllers: [], legacy: legacy),
            FakeCgroupFiles(unified: "/cg", legacy: mounts))
    }

    static func legacy(accountsSwap: Bool = true) throws(SystemError) -> CgroupHost {
        let legacy = [
            "cpu": "/v1/cpu,cpuacct", "cpuacct": "/v1/cpu,cpuacct", "memory": "/v1/memory", "pids": "/v1/pids",
            "freezer": "/v1/freezer",
        ]
        let mounts = [
            "/v1/cpu,cpuacct": ["cpu", "cpuacct"], "/v1/memory": ["memory"], "/v1/pids": ["pids"],
            "/v1/freezer": ["freezer"],
        ]
        return try CgroupHost(
            "version 1", CgroupLayout(unified: nil, unifiedControllers: [], legacy: legacy),
            FakeCgroupFiles(legacy: mounts, accountsSwap: accountsSwap))
    }

    enum Kind: CaseIterable, Sendable {
        case unified, hybrid, legacy

        func host() throws(SystemError) -> CgroupHost {
            switch self {
            case .unified: try .unified()
            case .hybrid: try .hybrid()
            case .legacy: try .legacy()
            }
        }
    }

    /// The directories of `name`, which exist or not.
    func exists(_ name: String) -> [Bool] { tree.layout.hierarchies.map { files.has(tree.path($0, name)) } }
}
