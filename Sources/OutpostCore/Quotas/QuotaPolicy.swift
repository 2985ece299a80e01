// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What each namespace may hold, as far as the operator or this version says so in numbers. What has no number here is
/// shared by `FairShare`.
public struct QuotaPolicy: Hashable, Sendable {
    /// For one namespace, or for all.
    public struct Limits: Hashable, Sendable {
        public var values: [Quota: Int]
        /// Nil for what holds for all.
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

    /// For namespaces that have nothing of their own.
    public var standard: Limits
    /// What wins over it, name by name.
    public var namespaces: [NamespaceName: Limits]

    public init(standard: Limits = Limits(), namespaces: [NamespaceName: Limits] = [:]) {
        self.standard = standard
        self.namespaces = namespaces
    }

    /// Where neither the operator nor a capacity of the server sets a bound.
    private static let shipped: [Quota: Int] = [
        .waitingRuns: 512, .sandboxes: 10_000, .pooledKinds: 24, .idempotencyRecords: 100_000, .storedAnswers: 1024,
        .compiledPrograms: 512,
    ]

    /// The number for a namespace; nil where its share of the server's capacity decides.
    public func limit(_ quota: Quota, in namespace: NamespaceName) -> Int? {
        namespaces[namespace]?.values[quota] ?? standard.values[quota] ?? Self.shipped[quota]
    }

    /// Whether any namespace may hold some of it, by its number or by that of all.
    public func allowsAny(_ quota: Quota) -> Bool {
        let shared = standard.values[quota] ?? Self.shipped[quota] ?? 0
        return shared > 0 || namespaces.values.contains { $0.values[quota] ?? 0 > 0 }
    }

    /// What the kernel is to be told about a namespace.
    public func share(of namespace: NamespaceName) -> NamespaceShare {
        let own = namespaces[namespace]
        return NamespaceShare(
            cpuWeight: own?.cpuWeight ?? standard.cpuWeight ?? NamespaceShare.defaultWeight,
            cpuCores: own?.cpuCores ?? standard.cpuCores, maxProcesses: own?.maxProcesses ?? standard.maxProcesses,
            memoryMiB: own?.memoryMiB ?? standard.memoryMiB, diskMiB: limit(.disk, in: namespace))
    }
}
