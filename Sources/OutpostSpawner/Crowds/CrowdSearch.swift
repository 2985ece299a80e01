// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Finds tenants whose threads crowd a lock of the kernel that starts of sandboxes need too.
///
/// No cgroup limits such locks: the kernel gives them to whoever came first. With hundreds of threads in the queue, each of a
/// start's many turns waits for all of them.
struct CrowdSearch<Files: CgroupFiles> {
    /// The threads of one tenant that wait at one place.
    struct Crowd: Hashable {
        let tenant: String
        /// The cgroups of the runs that have some of them.
        let runs: [String]
        /// Their number, estimated where not all were looked at.
        let threads: Int
        let place: String
    }

    let tree: CgroupTree<Files>
    let wait: (Int32) -> ThreadWait?

    init(_ tree: CgroupTree<Files>, wait: @escaping (Int32) -> ThreadWait? = ThreadWait.of) {
        self.tree = tree
        self.wait = wait
    }

    /// Fewer threads of a tenant at one place are no crowd.
    static var least: Int { 24 }
    /// The same for a tenant that had a crowd lately: its next runs are found while they begin.
    static var leastOfSuspects: Int { 6 }
    /// The most threads of a run that are looked at. Looking takes some 10 µs for each.
    static var mostLookedAt: Int { 64 }

    /// Finds the crowds, if the platform waits for a lock meanwhile. Otherwise starts are slow for another reason.
    ///
    /// - Parameters:
    ///   - spawner: the process of the spawner.
    ///   - suspects: the tenants that had a crowd lately.
    /// - Throws: `SystemError`.
    func crowds(spawner: Int32, suspects: Set<String> = []) throws(SystemError) -> [Crowd] {
        guard let mount = tree.layout.hierarchies.first else { return [] }
        var crowds: [Crowd] = []
        let tenants = try directories(mount, "")
        for tenant in tenants where tenant != SandboxCgroup.server {
            crowds += try self.crowds(
                of: tenant, atLeast: suspects.contains(tenant) ? Self.leastOfSuspects : Self.least, mount)
        }
        if crowds.isEmpty { return [] }
        return try platformWaits(spawner, tenants, mount) ? crowds : []
    }

    private func crowds(of tenant: String, atLeast least: Int, _ mount: String) throws(SystemError) -> [Crowd] {
        var found: [String: (threads: Int, runs: [String])] = [:]
        for run in try cgroups(of: tenant, mount) where !run.isAgent {
            for (place, threads) in try places(in: run.name) {
                found[place, default: (0, [])].threads += threads
                found[place, default: (0, [])].runs.append(run.name)
            }
        }
        return found.filter { $0.value.threads >= least }.map { place, value in
            Crowd(tenant: tenant, runs: value.runs, threads: value.threads, place: place)
        }
    }

    /// The number of threads of a run that wait at each place.
    private func places(in run: String) throws(SystemError) -> [String: Int] {
        let threads = try tree.threads(run)
        let step = max(1, threads.count / Self.mostLookedAt)
        var counts: [String: Int] = [:]
        for index in stride(from: 0, to: threads.count, by: step) {
            guard let wait = wait(threads[index]), !wait.isPrivate else { continue }
            counts[wait.place, default: 0] += step
        }
        return counts
    }

    /// Whether the spawner, an interpreter that is forked, or a sandbox that is being built waits for a lock.
    private func platformWaits(_ spawner: Int32, _ tenants: [String], _ mount: String) throws(SystemError) -> Bool {
        if waits(spawner) { return true }
        for tenant in tenants {
            for group in try cgroups(of: tenant, mount) where group.isAgent || tenant == SandboxCgroup.server {
                if try tree.threads(group.name).prefix(Self.mostLookedAt).contains(where: waits) { return true }
            }
        }
        return false
    }

    private func waits(_ thread: Int32) -> Bool { wait(thread).map { !$0.isPrivate } ?? false }

    private func cgroups(of tenant: String, _ mount: String) throws(SystemError) -> [(name: String, isAgent: Bool)] {
        var result: [(name: String, isAgent: Bool)] = []
        for sandbox in try directories(mount, tenant) {
            for part in try directories(mount, "\(tenant)/\(sandbox)") {
                result.append(("\(tenant)/\(sandbox)/\(part)", part == SandboxCgroup.agentPart))
            }
        }
        return result
    }

    /// The cgroups directly below `name`; none when it is gone.
    private func directories(_ mount: String, _ name: String) throws(SystemError) -> [String] {
        do throws(SystemError) {
            return try tree.files.directories(in: tree.path(mount, name))
        } catch {
            if error.meansNoCgroup { return [] }
            throw error
        }
    }
}
