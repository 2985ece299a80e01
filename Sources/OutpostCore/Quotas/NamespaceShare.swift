// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What all sandboxes of a namespace together get of the host, for the kernel to see to.
public struct NamespaceShare: Hashable, Sendable {
    /// Beside others that want the processor too, 1 to 10000: `cpu.weight` of cgroup v2 (Documentation/admin-guide/
    /// cgroup-v2.rst, "CPU Interface Files").
    public var cpuWeight: Int
    /// At most so many cores at one time; nil for as many as there are.
    public var cpuCores: Double?
    /// Processes and threads at one time; nil for no bound but that of each sandbox.
    public var maxProcesses: Int?
    /// MiB; nil for no bound but that of each run.
    public var memoryMiB: Int?
    /// MiB of the data directory's disk; nil for what `FairShare` leaves.
    public var diskMiB: Int?

    public static let defaultWeight = 100

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
