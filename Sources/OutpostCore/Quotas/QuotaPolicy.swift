// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The quotas of all namespaces that have a fixed number, from the operator or from this version. `FairShare` decides
/// about the others.
public struct QuotaPolicy: Hashable, Sendable {
    /// The quotas of one namespace, or of all. A nil field of a namespace takes the value of `standard`.
    public struct Limits: Hashable, Sendable {
        public var values: [Quota: Int]
        public var cpuWeight: Int?
        public var cpuCores: Double?
        public var maxProcesses: Int?
        public var memoryMiB: Int?

        public init(
            _ values: [Quota: Int] = [:], cpuWeight: Int? = nil, cpuCores: Double? = nil, maxProcesses: Int? = nil,
            memoryMiB: Int? = nil
        ) {
            self.values = values
            self.cpuWeight = cpuWeight
            self.cpuCores = cpuCores
            self.maxProcesses = maxProcesses
            self.memoryMiB = memoryMiB
        }
    }

    /// The quotas of all namespaces.
    public var standard: Limits
    /// The quotas of single namespaces. Each field wins over that of `standard`.
    public var namespaces: [NamespaceName: Limits]

    /// The values that this version ships with. The other quotas are unset.
    private static let shipped: [Quota: Int] = [
        .waitingRuns: 512, .sandboxes: 10_000, .snapshots: 1000, .pooledKinds: 24, .idempotencyRecords: 100_000,
        .storedAnswers: 1024, .compiledPrograms: 512, .keptExecutions: 16, .keptProcesses: 16,
    ]

    public init(standard: Limits = Limits(), namespaces: [NamespaceName: Limits] = [:]) {
        self.standard = standard
        self.namespaces = namespaces
    }

    /// The quota of a namespace; nil when `FairShare` decides.
    public func limit(_ quota: Quota, in namespace: NamespaceName) -> Int? {
        namespaces[namespace]?.values[quota] ?? standard.values[quota] ?? Self.shipped[quota]
    }

    /// Whether at least one namespace has a quota above 0.
    public func allowsAny(_ quota: Quota) -> Bool {
        let shared = standard.values[quota] ?? Self.shipped[quota] ?? 0
        return shared > 0 || namespaces.values.contains { $0.values[quota] ?? 0 > 0 }
    }

    /// The part of the host that the kernel gives a namespace.
    public func share(of namespace: NamespaceName) -> NamespaceShare {
        let own = namespaces[namespace]
        return NamespaceShare(
            cpuWeight: own?.cpuWeight ?? standard.cpuWeight ?? NamespaceShare.defaultWeight,
            cpuCores: own?.cpuCores ?? standard.cpuCores, maxProcesses: own?.maxProcesses ?? standard.maxProcesses,
            memoryMiB: own?.memoryMiB ?? standard.memoryMiB, diskMiB: limit(.disk, in: namespace))
    }
}
