// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The cgroup of one sandbox: `TENANT/sandbox-N`, with the agent in `agent` and each run in `run-M`.
public struct SandboxCgroup: Hashable, Sendable {
    public let tenant: String
    public let number: UInt32

    /// Below the base.
    public var path: String { "\(SandboxCgroups<KernelCgroupFiles>.directory(of: tenant))/sandbox-\(number)" }
    public var agent: String { "\(path)/agent" }

    public func run(_ number: UInt64) -> String { "\(path)/run-\(number)" }
}

/// The cgroups of all tenants and of their sandboxes, so that the kernel divides the processor between tenants first, and
/// counts, freezes and kills a sandbox as a unit.
///
/// Making a cgroup costs the kernel more than giving it to the next sandbox, so those of a tenant are used again, by the
/// same tenant only. No program can see them: it has a cgroup namespace whose root is its run.
public struct SandboxCgroups<Files: CgroupFiles> {
    private struct Tenant {
        /// Not in use, the one that was used last at the end, with the time of that, in nanoseconds.
        var free: [(number: UInt32, since: UInt64)] = []
        var used = 0
        var next: UInt32 = 0
    }

    public let tree: CgroupTree<Files>
    private var tenants: [String: Tenant] = [:]
    private var shares: [String: CgroupShare] = [:]

    public init(_ tree: CgroupTree<Files>) { self.tree = tree }

    /// The directory of a tenant below the base. The names that are not a tenant's begin with a character that no tenant's
    /// has; `tasks` is a file in every version 1 cgroup (cgroup-v1/cgroups.rst).
    static func directory(of tenant: String) -> String {
        switch tenant {
        case "": "_server"
        case "tasks": "_tasks"
        default: tenant
        }
    }

    /// Takes a cgroup for a sandbox; `release` frees it.
    ///
    /// - Throws: `SystemError`; nothing is taken then.
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

    /// Gives a cgroup back in which no process is left but such as are dying.
    ///
    /// - Parameter now: a monotonic time, in nanoseconds.
    public mutating func release(_ group: SandboxCgroup, now: UInt64) {
        tenants[group.tenant]?.used -= 1
        tenants[group.tenant]?.free.append((group.number, now))
    }

    /// Whether there are cgroups that nobody uses.
    public var hasFree: Bool { tenants.values.contains { !$0.free.isEmpty || $0.used == 0 } }

    /// Removes what nobody has used for a while: sandboxes' cgroups, and tenants' that have none left. What cannot be
    /// removed yet stays for the next time.
    public mutating func tidy(now: UInt64) {
        for (name, var tenant) in tenants {
            while let oldest = tenant.free.first, now &- oldest.since >= Self.patience,
                isRemoved(SandboxCgroup(tenant: name, number: oldest.number))
            { tenant.free.removeFirst() }
            tenants[name] = tenant
            guard tenant.used == 0, tenant.free.isEmpty else { continue }
            // A busy one is still counted by a process that is dying.
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
            // A run is in it still. The next sandbox that takes it must find it whole, and says so when it does not.
            try? furnish(group)
            return false
        }
    }

    private func furnish(_ group: SandboxCgroup) throws(SystemError) {
        try tree.make(group.agent)
        // The agent must get its turn however many processes the runs beside it have.
        try tree.setWeight(CgroupShare.platform.weight, of: group.agent)
    }

    /// Nanoseconds for which an unused cgroup is kept.
    static var patience: UInt64 { 1_000_000_000 }

    /// Sets what all sandboxes of a tenant may use together, now and when it comes back.
    ///
    /// - Throws: `SystemError`; some of it may be in force then.
    public mutating func setShare(_ share: CgroupShare, of tenant: String) throws(SystemError) {
        shares[tenant] = share
        if tenants[tenant] != nil { try tree.setShare(share, of: Self.directory(of: tenant)) }
    }

    /// The limits with which a run of this tenant can be made: version 1 refuses a quota above that of the cgroup around it
    /// (sched-bwc.rst).
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
            // Nothing can be in it, so its removal fails at most for the reason that is being thrown.
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
