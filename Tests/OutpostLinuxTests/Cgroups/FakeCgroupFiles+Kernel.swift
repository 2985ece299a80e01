// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the kernel does with the content of cgroup files.
extension FakeCgroupFiles.State {
    subscript(path: String) -> String? {
        get { directories[parent(of: path)]?[fileName(path)] }
        set { directories[parent(of: path)]?[fileName(path)] = newValue }
    }

    /// The files that a new cgroup has: in version 2 those of the controllers that its parent hands down.
    func files(of path: String, below parent: [String: String]) -> [String: String] {
        if let controllers = legacy.first(where: { path.hasPrefix($0.key + "/") })?.value {
            return controllers.reduce(into: ["cgroup.procs": ""]) { $0.merge(legacyFiles($1)) { $1 } }
        }
        let controllers = (parent["cgroup.subtree_control"] ?? "").split(separator: " ").map(String.init)
        let base = [
            "cgroup.procs": "", "cgroup.kill": "", "cgroup.freeze": "0", "cgroup.subtree_control": "",
            "cpu.stat": "usage_usec 0",
            "cgroup.controllers": controllers.joined(separator: " "),
        ]
        return controllers.reduce(into: base) { $0.merge(unifiedFiles($1)) { $1 } }
    }

    private func unifiedFiles(_ controller: String) -> [String: String] {
        switch controller {
        case "memory":
            let swap = accountsSwap ? ["memory.swap.max": "max"] : [:]
            return swap.merging([
                "memory.max": "max", "memory.oom.group": "0", "memory.events": "oom 0\noom_kill 0", "memory.peak": "0",
                "memory.stat": "anon 0\nfile 0\nshmem 0",
            ]) { $1 }
        case "cpu": return ["cpu.max": "max 100000", "cpu.weight": "100"]
        case "pids": return ["pids.max": "max", "pids.events": "max 0"]
        default: return [:]
        }
    }

    private func legacyFiles(_ controller: String) -> [String: String] {
        switch controller {
        case "memory":
            let swap = accountsSwap ? ["memory.memsw.limit_in_bytes": "9223372036854771712"] : [:]
            return swap.merging([
                "memory.limit_in_bytes": "9223372036854771712", "memory.swappiness": "60",
                "memory.max_usage_in_bytes": "0", "memory.stat": "cache 0\nrss 0\nshmem 0",
                "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0",
                "cgroup.event_control": "",
            ]) { $1 }
        case "cpu": return ["cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000", "cpu.shares": "1024"]
        case "cpuacct": return ["cpuacct.usage": "0"]
        case "pids": return ["pids.max": "max", "pids.events": "max 0"]
        case "freezer": return ["freezer.state": "THAWED"]
        default: return [:]
        }
    }

    mutating func read(_ path: String) -> String? {
        if fileName(path) == "cgroup.procs", !processLists.isEmpty {
            let list = processLists.count > 1 ? processLists.removeFirst() : processLists[0]
            return list.map { "\($0)\n" }.joined()
        }
        return self[path].map { $0 + "\n" }
    }

    /// Zero or an errno.
    mutating func write(_ path: String, _ text: String) -> Int32 {
        guard let old = self[path] else { return 2 }
        switch fileName(path) {
        case "cgroup.procs":
            processes[parent(of: path), default: []].append(1)
        case "cgroup.subtree_control":
            if path.split(separator: "/").count > 4, processes[parent(of: path)]?.isEmpty == false { return 16 }
            let added = text.split(separator: " ").map { String($0.dropFirst()) }
            self[path] = (old.split(separator: " ").map(String.init) + added).joined(separator: " ")
        case "memory.memsw.limit_in_bytes":
            // Memory and swap together are never less than memory alone.
            let memory = Int(self[parent(of: path) + "/memory.limit_in_bytes"] ?? "") ?? 0
            guard let bytes = Int(text), bytes >= memory else { return 22 }
            self[path] = text
        case "memory.max", "memory.limit_in_bytes":
            guard text != "max", text != "-1" else {
                self[path] = text
                return 0
            }
            guard let bytes = Int(text) else { return 22 }
            self[path] = kept[fileName(path)] ?? String(bytes / 4096 * 4096)
        default: self[path] = kept[fileName(path)] ?? text
        }
        return 0
    }
}
