// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The cgroup of one sandbox: `TENANT/sandbox-N`, with the agent in `agent` and each run in `run-M`.
public struct SandboxCgroup: Hashable, Sendable {
    /// The API namespace; empty for the server's own processes.
    public let tenant: String
    /// The number of the cgroup among those of the tenant.
    public let number: UInt32

    /// The name of the cgroup, a path below the base.
    public var path: String { "\(SandboxCgroups<KernelCgroupFiles>.directory(of: tenant))/sandbox-\(number)" }
    /// The directory of the server's own processes below the base.
    public static let server = "_server"
    /// The last part of the name of an agent's cgroup.
    public static let agentPart = "agent"
    /// The name of the agent's cgroup.
    public var agent: String { "\(path)/\(Self.agentPart)" }

    /// The name of a run's cgroup.
    public func run(_ number: UInt64) -> String { "\(path)/run-\(number)" }
}

/// The cgroups of all tenants and their sandboxes. With them the kernel divides CPU time between tenants first, and counts,
/// freezes and kills a sandbox as a unit.
///
/// Reusing a cgroup is cheaper for the kernel than making one, so a released cgroup goes to the next sandbox of the same
/// tenant. Programs cannot see these cgroups: the root of their cgroup namespace is their run.
public struct SandboxCgroups<Files: CgroupFiles> {
    private struct Tenant {
        /// Unused cgroups and when they were released, in nanoseconds. The latest is last.
        var free: [(number: UInt32, since: UInt64)] = []
        /// How many cgroups are in use.
        var used = 0
        /// The number of the next new cgroup.
        var next: UInt32 = 0
    }

    /// The server's cgroups.
    public let tree: CgroupTree<Files>
    private var tenants: [String: Tenant] = [:]
    private var shares: [String: CgroupShare] = [:]

    /// No sandbox cgroups yet.
    public init(_ tree: CgroupTree<Files>) { self.tree = tree }

    /// The directory of a tenant below the base. Other names begin with `_`, which no tenant's name does. `tasks` is renamed
    /// because every version 1 cgroup has a file of that name (cgroup-v1/cgroups.rst).
    static func directory(of tenant: String) -> String {
        switch tenant {
        case "": SandboxCgroup.server
        case "tasks": "_tasks"
        default: tenant
        }
    }

    /// Acquires a cgroup for a sandbox of the tenant; `release` returns it.
    ///
    /// - Throws: `SystemError`. No cgroup is acquired then.
    public mutating func acquire(_ tenant: String) throws(SystemError) -> SandboxCgroup {
        var known = if let open = tenants[tenant] { open } else { try open(tenant) }
        let number: UInt32
        if let free = known.free.popLast() {
            number = free.number
        } else {
            number = known.next
            try make(SandboxCgroup(tenant: tenant, number: number))
            known.next += 1
        }
        known.used += 1
        tenants[tenant] = known
        return SandboxCgroup(tenant: tenant, number: number)
    }

    /// Releases a cgroup. It may have dying processes, but no others.
    ///
    /// - Parameter now: monotonic nanoseconds.
    public mutating func release(_ group: SandboxCgroup, now: UInt64) {
        tenants[group.tenant]?.used -= 1
        tenants[group.tenant]?.free.append((group.number, now))
    }

    /// Whether some sandbox or tenant cgroup is unused.
    public var hasFree: Bool { tenants.values.contains { !$0.free.isEmpty || $0.used == 0 } }

    /// Removes the sandbox cgroups that were unused for `patience`, and the tenant cgroups without any sandbox cgroup. If a
    /// removal fails, a later call tries again.
    public mutating func tidy(now: UInt64) {
        for (name, var tenant) in tenants {
            while let oldest = tenant.free.first, now &- oldest.since >= Self.patience,
                isRemoved(SandboxCgroup(tenant: name, number: oldest.number))
            { tenant.free.removeFirst() }
            tenants[name] = tenant
            guard tenant.used == 0, tenant.free.isEmpty else { continue }
            // The removal fails while the cgroup has a dying process.
            if (try? tree.remove(Self.directory(of: name))) != nil { tenants[name] = nil }
        }
    }

    private func isRemoved(_ group: SandboxCgroup) -> Bool {
        do throws(SystemError) {
            try tree.remove(group.agent)
        } catch {
            return false
        }
        do throws(SystemError) {
            try tree.remove(group.path)
            return true
        } catch {
            // A run is still in it, so the agent's cgroup is made again for the next sandbox. If that fails, the start of
            // that sandbox reports it.
            try? furnish(group)
            return false
        }
    }

    private func furnish(_ group: SandboxCgroup) throws(SystemError) {
        try tree.make(group.agent)
        // The agent must get CPU time even when the runs beside it have many processes.
        try tree.setWeight(CgroupShare.platform.weight, of: group.agent)
    }

    /// Nanoseconds for which an unused cgroup is kept.
    static var patience: UInt64 { 1_000_000_000 }

    /// Sets the share of all sandboxes of a tenant together. It also applies when the tenant's cgroup is made again.
    ///
    /// - Throws: `SystemError`. Some of the values can be set then.
    public mutating func setShare(_ share: CgroupShare, of tenant: String) throws(SystemError) {
        shares[tenant] = share
        if tenants[tenant] != nil { try tree.setShare(share, of: Self.directory(of: tenant)) }
    }

    /// The limits for a run of this tenant: the CPU quota is lowered to the tenant's, because version 1 refuses a quota
    /// above that of the parent cgroup (sched-bwc.rst).
    public func fitting(_ limits: CgroupLimits, in tenant: String) -> CgroupLimits {
        guard let most = shares[tenant]?.cpuQuotaMicroseconds else { return limits }
        var limits = limits
        limits.cpuQuotaMicroseconds = min(limits.cpuQuotaMicroseconds, most)
        return limits
    }

    private func open(_ tenant: String) throws(SystemError) -> Tenant {
        let name = Self.directory(of: tenant)
        try tree.makeBranch(name)
        do throws(SystemError) {
            try tree.setShare(shares[tenant] ?? (tenant.isEmpty ? .platform : CgroupShare()), of: name)
        } catch {
            // The cgroup is empty, so its removal fails at most for the reason that is thrown here.
            try? tree.remove(name)
            throw error
        }
        return Tenant()
    }

    private func make(_ group: SandboxCgroup) throws(SystemError) {
        do throws(SystemError) {
            try tree.makeBranch(group.path)
            try furnish(group)
        } catch {
            _ = isRemoved(group)
            throw error
        }
    }
}
