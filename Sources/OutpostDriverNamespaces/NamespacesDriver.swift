// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux
public import OutpostSandboxing
public import OutpostVolumes
import OutpostWire

/// Sandboxes out of namespaces, cgroups and seccomp.
public final class NamespacesDriver: WarmStarting, ImagePreparing, PipeCrossing {
    public struct Configuration: Sendable {
        /// Absolute.
        public var dataDirectory: String
        /// Live sandboxes at one time, each with 65,536 host ids of its own from `firstID` on.
        public var slots: UInt32
        public var firstID: UInt32
        /// What all sandboxes of a namespace together get of the host.
        public var shares: @Sendable (NamespaceName) -> NamespaceShare
        /// The most that a program of the platform's own gets, as any other.
        public var maxima: ResourceLimits
        /// Below so many percent of the host's memory, sandboxes are ended whose sockets keep more than they may; 0 for never.
        public var lowMemoryPercent: Int
        /// Absolute paths of the host's `/etc` and `/var/lib` that are in the image besides what `HostConfiguration` finds.
        public var extraConfiguration: [String]
        var transport = Transport.descriptors

        /// The default range, 0x70000000 to 0x7fffffff, is above those of systemd's containers and of subuid(5).
        public init(
            dataDirectory: String, slots: UInt32 = 4096, firstID: UInt32 = 0x7000_0000,
            shares: @escaping @Sendable (NamespaceName) -> NamespaceShare = { _ in NamespaceShare() },
            maxima: ResourceLimits = .shippedDefaults, extraConfiguration: [String] = [], lowMemoryPercent: Int = 25
        ) {
            self.extraConfiguration = extraConfiguration
            self.lowMemoryPercent = lowMemoryPercent
            self.maxima = maxima
            self.dataDirectory = dataDirectory
            self.slots = slots
            self.firstID = firstID
            self.shares = shares
        }
    }

    public var capabilities: DriverCapabilities {
        DriverCapabilities(
            isolation: .namespaces,
            features: transport.isFramed
                ? Self.everywhere : Self.everywhere.union([.interleavedOutput, .crossedPipes, .warmStarts]),
            measuredBy: .host)
    }
    let spawner: SpawnerClient
    let slots: UIDRangePool
    let filters: SeccompFilters
    let zygotes: Zygotes
    let threads: TenantThreads
    let sockets: SocketWatch
    private let disks: any SandboxDisks & SealedDisks
    let imagePreparations: ImagePreparations
    let transport: Transport

    private init(
        spawner: SpawnerClient, slots: UIDRangePool, filters: SeccompFilters, zygotes: Zygotes,
        threads: TenantThreads, sockets: SocketWatch, disks: any SandboxDisks & SealedDisks,
        imagePreparations: ImagePreparations, transport: Transport
    ) {
        self.transport = transport
        self.sockets = sockets
        self.spawner = spawner
        self.slots = slots
        self.filters = filters
        self.disks = disks
        self.imagePreparations = imagePreparations
        self.zygotes = zygotes
        self.threads = threads
    }

    /// Sets the spawner up; what a killed predecessor with the same data directory left is removed on the way.
    ///
    /// - Parameters:
    ///   - disks: those of stateful sandboxes, and those that are layers.
    ///   - onSpawnerLost: called when no sandbox can be made any more, because even the spawner's supervisor died.
    ///   - onSocketsFull: called with the bytes that wait in the sockets of a sandbox that is ended for them.
    /// - Throws: `internal` naming what the host lacks.
    public static func open(
        _ configuration: Configuration, process: SpawnerProcess, disks: any SandboxDisks & SealedDisks,
        onSpawnerLost: @escaping @Sendable () -> Void = {},
        onSocketsFull: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }
    ) async throws(OutpostError) -> NamespacesDriver {
        let spawner = SpawnerClient(
            process.socket,
            share: { [shares = configuration.shares] in
                NamespaceName($0).map { TenantShare(shares($0)) } ?? TenantShare()
            },
            onLost: onSpawnerLost)
        let sockets = SocketWatch(lowPercent: configuration.lowMemoryPercent) { _, bytes in onSocketsFull(bytes) }
        let preparations = ImagePreparations(dataDirectory: configuration.dataDirectory)
        let request = SpawnerConfiguration(
            dataDirectory: configuration.dataDirectory, cgroupBase: cgroupBase(for: configuration.dataDirectory),
            firstID: configuration.firstID, slots: configuration.slots,
            extraConfiguration: configuration.extraConfiguration)
        do {
            try await spawner.open(request)
            try await preparations.removeReplaced()
            try await BlockingPool.shared.run { try WarmStartFiles.write(below: preparations.root) }
            try sockets.start()
        } catch {
            throw OutpostError(.internal, "the isolation cannot be set up: \(error)", cause: error)
        }
        let filters = try SeccompFilters()
        let threads = TenantThreads()
        let zygotes = Zygotes(
            spawner: spawner, filters: filters, threads: threads,
            slots: UIDRangePool(request.ordinarySlots..<request.slots),
            probeLimits: .shippedDefaults.bounded(by: configuration.maxima))
        return NamespacesDriver(
            spawner: spawner, slots: UIDRangePool(0..<request.ordinarySlots), filters: filters, zygotes: zygotes,
            threads: threads, sockets: sockets,
            disks: disks,
            imagePreparations: preparations, transport: configuration.transport)
    }

    /// FNV-1a of the directory: two servers on one host have different cgroups, and a restarted one finds its own.
    public static func cgroupBase(for dataDirectory: String) -> String {
        let hash = dataDirectory.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "outpost-" + hexadecimal(hash >> 32, digits: 8)
    }

    public func prepareImage(_ preparations: [ImagePreparation]) async throws(OutpostError) {
        do {
            try await imagePreparations.carryOut(preparations)
        } catch {
            throw OutpostError(.internal, "the image cannot be prepared", cause: error)
        }
    }

    /// What its sandboxes can over any transport.
    private static let everywhere: DriverCapabilities.Features = [.terminals, .files, .ports, .pauses, .layers]

    public func create(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        try checkIsolation(of: spec)
        try await holdLayers(of: spec)
        do throws(OutpostError) {
            if case .disk(let sandbox, let mebibytes) = spec.storage {
                try await disks.promise(sandbox, mebibytes: mebibytes, to: spec.namespace ?? .default)
            }
        } catch {
            await releaseLayers(of: spec)
            throw error
        }
        do throws(OutpostError) {
            return try await launchInstance(spec)
        } catch {
            await release(spec)
            throw error
        }
    }

    private func holdLayers(of spec: SandboxSpec) async throws(OutpostError) {
        // Most have none, and need not ask for it.
        guard !spec.layers.isEmpty else { return }
        do throws(WireError) {
            _ = try RootLayers(hostImageBelow: spec.layers)
        } catch {
            throw OutpostError(
                .unprocessable,
                "a sandbox can have \(RootLayers.mostSealedDisks) sealed disks as layers, each of them once",
                cause: error)
        }
        try await disks.hold(spec.layers, for: spec.namespace)
    }

    private func releaseLayers(of spec: SandboxSpec) async {
        if !spec.layers.isEmpty { await disks.release(spec.layers) }
    }

    /// Nothing of a sandbox is left but what it was given.
    private func release(_ spec: SandboxSpec) async {
        if case .disk(let sandbox, _) = spec.storage { await disks.release(sandbox) }
        await releaseLayers(of: spec)
    }

    @Reactor
    private func launchInstance(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        guard let slot = slots.acquire() else { throw slots.exhausted }
        do {
            let instance = try await NamespaceSandbox.launch(
                spec, slot: slot, spawner: spawner, slots: slots, filters: filters, threads: threads,
                transport: transport,
                onDestroyed: { [self] in
                    sockets.remove(slot)
                    await release(spec)
                })
            watch(instance, slot, spec)
            return instance
        } catch {
            slots.release(slot)
            throw OutpostError(.internal, "the sandbox cannot be started", cause: error)
        }
    }

    @Reactor
    func watch(_ instance: NamespaceSandbox, _ slot: UInt32, _ spec: SandboxSpec) {
        sockets.add(
            slot,
            SocketWatch.Subject(process: instance.process, allowance: spec.memoryMiB << 20) { [weak instance] in
                instance?.endForMemory()
            })
    }

    public func crossedPipes() throws(OutpostError) -> any CrossedPipes {
        do throws(SystemError) {
            return try PipePair()
        } catch {
            throw OutpostError(.internal, "two programs cannot be connected", cause: error)
        }
    }

    /// None: the spawner ends them when its server does.
    public func survivors() -> [any RunningSandbox] { [] }

    public func shutDown() async {
        await spawner.close()
        await spawner.tasks.wait()
    }

    /// Returns when the spawner has answered, or is gone.
    public func waitForSpawner() async {
        // One that is gone is started anew by its supervisor, or ends this process.
        _ = try? await spawner.call(.ping)
    }
}

extension TenantShare {
    init(_ share: NamespaceShare) {
        self.init(
            weight: UInt32(share.cpuWeight), memoryBytes: share.memoryMiB.map { UInt64($0) << 20 },
            // In each period of 100 ms; the kernel takes no less than one.
            cpuQuotaMicroseconds: share.cpuCores.map { UInt32(max(1000, $0 * 100_000)) },
            processes: share.maxProcesses.map { UInt32($0) })
    }
}

extension LaunchRequest {
    /// - Throws: `WireError` for layers that no sandbox can have.
    init(_ spec: SandboxSpec, slot: UInt32, isZygote: Bool = false) throws(WireError) {
        let storage: Storage
        switch spec.storage {
        case .memory(let mebibytes):
            let bytes = UInt64(mebibytes) << 20
            // Twice as many as mke2fs gives a disk of that size; what they take is charged as memory.
            storage = .memory(bytes: bytes, files: max(1024, bytes / 8192))
        case .disk(let sandbox, _): storage = .disk(sandbox: sandbox.rawValue)
        }
        self.init(
            slot: slot, tenant: spec.namespace?.rawValue ?? "", storage: storage,
            layers: spec.layers.isEmpty ? .hostImage : try RootLayers(hostImageBelow: spec.layers), hostname: "sandbox",
            scratchBytes: UInt64(max(1, spec.memoryMiB / 2)) << 20, workingDirectory: spec.workingDirectory,
            owner: spec.user.uid, isRootReadOnly: spec.isRootReadOnly, isZygote: isZygote)
    }
}
