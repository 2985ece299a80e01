// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The part of the host that all sandboxes of a namespace together get. The kernel enforces it.
public struct NamespaceShare: Hashable, Sendable {
    /// The default of `cpuWeight`.
    public static let defaultWeight = 100

    /// The weight against other namespaces that want the processor, 1 to 10000: `cpu.weight` of cgroup v2
    /// (Documentation/admin-guide/cgroup-v2.rst, "CPU Interface Files").
    public var cpuWeight: Int
    /// The most cores at one time; nil for all cores of the host.
    public var cpuCores: Double?
    /// The most processes and threads at one time; nil for only the bound of each sandbox.
    public var maxProcesses: Int?
    /// The most MiB of memory; nil for only the bound of each run.
    public var memoryMiB: Int?
    /// The most MiB of the data directory's disk; nil for the part that `FairShare` allows.
    public var diskMiB: Int?

    public init(
        cpuWeight: Int = defaultWeight, cpuCores: Double? = nil, maxProcesses: Int? = nil, memoryMiB: Int? = nil,
        diskMiB: Int? = nil
    ) {
        self.cpuWeight = cpuWeight
        self.cpuCores = cpuCores
        self.maxProcesses = maxProcesses
        self.memoryMiB = memoryMiB
        self.diskMiB = diskMiB
    }
}
