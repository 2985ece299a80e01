// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux
public import OutpostSandboxing
public import OutpostVolumes
import OutpostWire

/// The driver for sandboxes that use Linux namespaces, cgroups and seccomp.
public final class NamespacesDriver: WarmStarting, ImagePreparing, PipeCrossing {
    /// The configuration of the driver.
    public struct Configuration: Sendable {
        /// Absolute path of the data directory.
        public var dataDirectory: String
        /// The maximum number of live sandboxes. Each has a uid range of 65,536 ids of the host. A slot is the number
        /// of a uid range: slot n starts at `firstID` + n × 65,536.
        public var slots: UInt32
        /// The first id of the first uid range.
        public var firstID: UInt32
        /// What all sandboxes of a namespace together may use of the host.
        public var shares: @Sendable (NamespaceName) -> NamespaceShare
        /// The maximum limits. They also apply to the platform's own programs.
        public var maxima: ResourceLimits
        /// When less than this percentage of the host's memory is available, sandboxes with too much data in their
        /// sockets are ended. 0 turns this off.
        public var lowMemoryPercent: Int
        /// Absolute paths in the host's `/etc` and `/var/lib` that are added to the image, besides the files that
        /// `HostConfiguration` finds.
        public var extraConfiguration: [String]
        var transport = Transport.descriptors

        /// Creates a configuration. The default ids, 0x70000000 to 0x7fffffff, are above the ranges of systemd's
        /// containers and of subuid(5).
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

    /// The capabilities of the driver, which depend on its transport.
    public var capabilities: DriverCapabilities {
        DriverCapabilities(
            isolation: .namespaces,
            features: transport.isFramed
                ? Self.everywhere : Self.everywhere.union([.interleavedOutput, .crossedPipes, .warmStarts]),
            measuredBy: .host)
    }

    /// Opens the driver and configures the spawner. The spawner removes what a killed server with the same data
    /// directory left.
    ///
    /// - Parameters:
    ///   - disks: the disks of stateful sandboxes and the sealed disks.
    ///   - onSpawnerLost: called when no more sandboxes can be started, because the spawner's supervisor has died.
    ///   - onCrowd: called with a sentence when runs are frozen because their threads crowd a lock of the kernel, and when
    ///     such crowds cannot be looked for.
    ///   - onSocketsFull: called with the bytes in the sockets of each sandbox that was ended for them.
    /// - Throws: `internal` with what the host lacks.
    public static func open(
        _ configuration: Configuration, process: SpawnerProcess, disks: any SandboxDisks & SealedDisks,
        onSpawnerLost: @escaping @Sendable () -> Void = {},
        onCrowd: @escaping @Sendable (String) -> Void = { _ in },
        onSocketsFull: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }
    ) async throws(OutpostError) -> NamespacesDriver {
        let base = cgroupBase(for: configuration.dataDirectory)
        let spawner = SpawnerClient(
            process.socket, crowds: CrowdWatch(process.crowds, base: base) { onCrowd($0.sentence) },
            share: { [shares = configuration.shares] in
                NamespaceName($0).map { TenantShare(shares($0)) } ?? TenantShare()
            },
            onLost: onSpawnerLost)
        let sockets = SocketWatch(lowPercent: configuration.lowMemoryPercent) { _, bytes in onSocketsFull(bytes) }
        let preparations = ImagePreparations(dataDirectory: configuration.dataDirectory)
        let request = SpawnerConfiguration(
            dataDirectory: configuration.dataDirectory, cgroupBase: base,
            firstID: configuration.firstID, slots: configuration.slots,
            extraConfiguration: configuration.extraConfiguration)
        do {
            try await spawner.open(request)
            try await preparations.removeReplaced()
            try await BlockingPool.shared.run { try WarmStartFiles.write(below: preparations.root) }
            try sockets.start()
        } catch {
            throw OutpostError(.internal, "the isolation of sandboxes cannot be set up: \(error)", cause: error)
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

    /// Returns the name of the server's cgroup: `outpost-` and an FNV-1a hash of the data directory. Two servers on one
    /// host have different cgroups, and a restarted server finds its own.
    public static func cgroupBase(for dataDirectory: String) -> String {
        let hash = dataDirectory.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "outpost-" + hexadecimal(hash >> 32, digits: 8)
    }

    /// Runs the preparations and replaces the image's root.
    ///
    /// - Throws: `internal`; the image is unchanged then.
    public func prepareImage(_ preparations: [ImagePreparation]) async throws(OutpostError) {
        do {
            try await imagePreparations.carryOut(preparations)
        } catch {
            throw OutpostError(.internal, "the image cannot be prepared", cause: error)
        }
    }

    /// The features that do not depend on the transport.
    private static let everywhere: DriverCapabilities.Features = [.terminals, .files, .ports, .pauses, .layers]

    /// Starts a sandbox.
    ///
    /// - Throws: as `SandboxDriver.create`. After an error nothing of the sandbox is left.
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
        // Most sandboxes have no layers. Then the disks need not be asked.
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

    /// Releases the disk and the layers of a sandbox that has ended.
    private func release(_ spec: SandboxSpec, isUnmounted: Bool = true) async {
        if case .disk(let sandbox, _) = spec.storage { await disks.release(sandbox, isUnmounted: isUnmounted) }
        await releaseLayers(of: spec)
    }

    @Reactor
    private func launchInstance(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        guard let slot = slots.acquire() else { throw slots.exhausted }
        do {
            let instance = try await NamespaceSandbox.launch(
                spec, slot: slot, spawner: spawner, slots: slots, filters: filters, threads: threads,
                transport: transport,
                onDestroyed: { [self] isUnmounted in
                    sockets.remove(slot)
                    await release(spec, isUnmounted: isUnmounted)
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

    /// Creates two pipes between two programs.
    ///
    /// - Throws: `internal` when this process has too many open files.
    public func crossedPipes() throws(OutpostError) -> any CrossedPipes {
        do throws(SystemError) {
            return try PipePair()
        } catch {
            throw OutpostError(.internal, "two programs cannot be connected", cause: error)
        }
    }

    /// Returns nothing: the spawner ends all sandboxes with their server.
    public func survivors() -> [any RunningSandbox] { [] }

    /// Ends all sandboxes and the spawner. Waits at most 40 s for the spawner.
    public func shutDown() async {
        await spawner.close()
        await spawner.tasks.wait()
    }

    /// Waits until the spawner has answered or is gone.
    public func waitForSpawner() async {
        // The supervisor starts a new spawner, or this process ends.
        _ = try? await spawner.call(.ping)
    }
}

extension TenantShare {
    /// Converts a share to the spawner's units.
    init(_ share: NamespaceShare) {
        self.init(
            weight: UInt32(share.cpuWeight), memoryBytes: share.memoryMiB.map { UInt64($0) << 20 },
            // The time in each period of 100 ms. The kernel's minimum is 1 ms.
            cpuQuotaMicroseconds: share.cpuCores.map { UInt32(max(1000, $0 * 100_000)) },
            processes: share.maxProcesses.map { UInt32($0) })
    }
}

extension LaunchRequest {
    /// Creates the spawner's request for a sandbox.
    ///
    /// - Throws: `WireError` for an invalid list of layers.
    init(_ spec: SandboxSpec, slot: UInt32, isZygote: Bool = false) throws(WireError) {
        let storage: Storage
        switch spec.storage {
        case .memory(let mebibytes):
            let bytes = UInt64(mebibytes) << 20
            // Twice as many inodes as mke2fs(8) gives a disk of this size. Their memory is charged to the sandbox.
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
