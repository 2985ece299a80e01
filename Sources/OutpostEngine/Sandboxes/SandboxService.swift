// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
public import OutpostCore
import OutpostLanguages
import OutpostSandboxing
import OutpostStore
import OutpostVolumes

/// Manages the sandboxes of all namespaces. `SandboxService+Runs` runs programs in them.
public actor SandboxService {
    let store: any SandboxStore
    let driver: any SandboxDriver
    let disks: any SandboxDisks & SealedDisks
    let tasks: TaskOwner
    let executions: ExecutionRegistry
    let processes: ProcessRegistry
    let kernels: KernelRegistry
    let languages: LanguageInventory
    let configuration: EngineConfiguration
    let admission: Admission
    let quotas: QuotaLedger
    let output: OutputLine
    let work: FairWork
    let turns: JudgeTurns
    let metrics: EngineMetrics
    let compilations: CompilationCache?
    let pool: WarmPools
    let clock: WallClock
    let logger: Logger
    private(set) var controllers: [SandboxID: (namespace: NamespaceName, controller: SandboxController)] = [:]
    /// The teardowns of deleted sandboxes.
    private var teardowns: [SandboxID: Task<Void, Never>] = [:]
    /// All snapshots.
    var snapshots: [SnapshotID: Snapshot] = [:]
    /// The number of sandboxes and snapshots that use each sealed disk.
    var layerUsers: [SealedDiskID: Int] = [:]
    /// The controllers of sandboxes that exist for one run.
    var unmanaged: [SandboxID: SandboxController] = [:]
    /// The last use of each sandbox as it is in the store.
    private var written: [SandboxID: Timestamp] = [:]

    init(_ context: EngineContext) {
        store = context.stores.sandboxes
        driver = context.driver
        disks = context.disks
        languages = context.languages
        configuration = context.configuration
        admission = context.admission
        quotas = context.quotas
        output = context.output
        work = context.work
        turns = JudgeTurns(limit: context.configuration.maxJudgeTests)
        metrics = context.metrics
        tasks = context.tasks
        executions = context.executions
        processes = context.processes
        kernels = context.kernels
        compilations = context.compilations
        pool = context.pool
        clock = context.clock
        logger = context.logger
    }

    /// Restores the sandboxes of an earlier server, and removes disks without a sandbox.
    ///
    /// - Throws: the errors of the store and the disks. The server must not start then.
    func recover() async throws(OutpostError) {
        let inventory = try await store.all()
        for record in inventory.quarantined {
            logger.error(
                "a record cannot be read and was set aside",
                metadata: ["sandbox": "\(record.id)", "reason": "\(record.reason)"])
        }
        let known = Set(inventory.sandboxes.map(\.id))
        let present = Set(try await disks.list())
        for orphan in present.subtracting(known) {
            // An operator may repair a quarantined record. Therefore its disk stays.
            guard !inventory.quarantined.contains(where: { $0.id == orphan.rawValue }) else { continue }
            logger.notice("removing a disk whose sandbox does not exist", metadata: ["sandbox": "\(orphan)"])
            try await disks.remove(orphan)
        }
        let sealed = await disks.listSealed()
        let sandboxes = try await finishSealings(of: inventory, sealed)
        for var sandbox in sandboxes {
            if sandbox.mode == .stateful, hasLostFiles(sandbox, present, sealed) { sandbox.status = .failed }
            quotas.add(.sandboxes, in: sandbox.namespace)
            register(sandbox)
            controllers[sandbox.id]?.controller.events.add(.restarted, .text("the server was restarted"))
        }
        try await processes.recover(clock, of: known)
        recover(inventory.snapshots)
        // A record that could not be read may name some of them.
        if inventory.quarantined.isEmpty { await removeUnused(sealed.keys) }
        await disks.adopt(
            Dictionary(inventory.sandboxes.map { ($0.id, $0.namespace) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Starts warm sandboxes for the most likely requests: code in a language whose interpreter can be forked, in the
    /// namespace `default` with default limits. Other kinds are started after their first request.
    func expectRuns() async {
        for language in languages.waiting {
            let request = ExecutionRequest(program: .code("", language: nil))
            let wanted = SandboxRequest(language: language.name, security: .init())
            guard let sandbox = try? describe(wanted, in: .default),
                let plan = try? RunPlan(
                    request, id: ExecutionID(), in: sandbox, languages: languages, policy: configuration.limits),
                let key = driver.warmKey(plan, in: sandbox), key.source != nil
            else { continue }
            await pool.keepReady(key)
        }
    }

    func register(_ sandbox: Sandbox) {
        retain(sandbox.layers)
        let controller = SandboxController(
            sandbox, driver: driver, unloadAfterSeconds: configuration.unloadAfterSeconds, clock: clock, quotas: quotas)
        controllers[sandbox.id] = (sandbox.namespace, controller)
        written[sandbox.id] = sandbox.lastUsedAt
    }

    /// Whether new runs and processes are refused because the server stops.
    nonisolated var isDraining: Bool { admission.isDraining }

    /// Whether the sandbox exists in this namespace, or existed for one run that the server still knows.
    func isKnown(_ id: SandboxID, in namespace: NamespaceName) -> Bool {
        controllers[id]?.namespace == namespace || !executions.entries(of: id, namespace).isEmpty
    }

    static func missing(_ id: SandboxID) -> OutpostError { OutpostError(.notFound, "sandbox \(id) does not exist") }

    /// Returns the controller of a sandbox in this namespace.
    ///
    /// - Throws: `not_found`, also for a sandbox of another namespace.
    func controller(_ id: SandboxID, in namespace: NamespaceName) throws(OutpostError) -> SandboxController {
        guard let entry = controllers[id], entry.namespace == namespace else { throw Self.missing(id) }
        return entry.controller
    }

    // MARK: - Calls

    /// Creates the record of a sandbox. The sandbox itself starts with its first run.
    ///
    /// - Throws: `invalid_request`, `unprocessable` or `forbidden` for the request; `rate_limited` when the namespace
    ///   has too many sandboxes; `insufficient_storage`. After an error nothing is left.
    public func create(_ request: SandboxRequest, in namespace: NamespaceName) async throws(OutpostError) -> Sandbox {
        var sandbox = try describe(request, in: namespace)
        if let snapshot = request.snapshot { sandbox.layers = try layers(of: snapshot, for: request, in: namespace) }
        try quotas.take(.sandboxes, in: namespace)
        // The snapshot may be deleted before the sandbox is stored.
        retain(sandbox.layers)
        defer { release(sandbox.layers) }
        do throws(OutpostError) {
            if sandbox.mode == .stateful { try await checkRoomForDisk(namespace) }
            try await store.insert(sandbox)
        } catch {
            quotas.give(.sandboxes, in: namespace)
            throw error
        }
        register(sandbox)
        controllers[sandbox.id]?.controller.events.add(.created, .text("a caller asked for it"))
        return sandbox
    }

    private func checkRoomForDisk(_ namespace: NamespaceName) async throws(OutpostError) {
        while true {
            do throws(OutpostError) {
                return try await disks.checkRoom()
            } catch {
                guard error.code == .insufficientStorage, await makeRoom(for: error.code, in: namespace) else {
                    throw error
                }
            }
        }
    }

    /// Returns a sandbox with its current status.
    ///
    /// - Throws: `not_found`.
    public func sandbox(_ id: SandboxID, in namespace: NamespaceName) async throws(OutpostError) -> Sandbox {
        await (try controller(id, in: namespace)).sandbox
    }

    /// Returns all sandboxes of a namespace, in no particular order.
    public func sandboxes(in namespace: NamespaceName) async -> [Sandbox] {
        var result: [Sandbox] = []
        for entry in controllers.values where entry.namespace == namespace {
            result.append(await entry.controller.sandbox)
        }
        return result
    }

    /// The number of sandboxes in all namespaces.
    public var count: Int { controllers.count }

    /// Deletes a sandbox: removes its record and kills its programs. Its disk and other resources are freed in the
    /// background.
    ///
    /// - Throws: `not_found`; the store's error, and then the sandbox still exists.
    public func delete(_ id: SandboxID, in namespace: NamespaceName) async throws(OutpostError) {
        try await delete(id, in: namespace, hasExpired: false)
    }

    private func delete(
        _ id: SandboxID, in namespace: NamespaceName, hasExpired: Bool
    ) async throws(OutpostError) {
        let controller = try controller(id, in: namespace)
        guard try await store.delete(id) else { throw Self.missing(id) }
        controllers[id] = nil
        executions.forget(id, in: namespace)
        quotas.give(.sandboxes, in: namespace)
        if hasExpired {
            controller.events.add(.expired, .text("its time was over"))
        } else {
            controller.events.add(.deleted, .text("a caller asked for it"))
        }
        await controller.close()
        await Self.end(await processes.forget(id, in: namespace))
        await Self.end(kernels.removeAll(of: id))
        // No program runs any more. The caller need not wait for the unmount, which takes milliseconds.
        teardowns[id] = Task { await tearDown(id, controller) }
    }

    private func tearDown(_ id: SandboxID, _ controller: SandboxController) async {
        let start = ContinuousClock.now
        defer { metrics.recordTeardown(since: start) }
        await controller.tearDown()
        if await controller.sandbox.mode == .stateful {
            do throws(OutpostError) {
                try await disks.remove(id)
            } catch {
                // The next start of the server removes a disk without a sandbox.
                logger.error("a disk cannot be removed", metadata: ["sandbox": "\(id)", "error": "\(error)"])
            }
        }
        release(await controller.record.layers)
        teardowns[id] = nil
    }

    /// Waits until all deleted sandboxes are destroyed and all background tasks have ended.
    func waitForTeardowns() async {
        for task in teardowns.values { await task.value }
        tasks.cancel()
        await tasks.wait()
    }

    /// Returns memory for the output of one call or job of a namespace. It holds nothing yet.
    public nonisolated func outputMemory(in namespace: NamespaceName) -> OutputShare {
        OutputShare(output, in: namespace)
    }

    /// Returns the isolation for a sandbox of this namespace.
    ///
    /// - Throws: `forbidden` and `unprocessable`, as `IsolationPolicy.granted`.
    nonisolated func isolation(
        _ wanted: Isolation?, in namespace: NamespaceName
    ) throws(OutpostError) -> Isolation {
        try configuration.isolation.granted(wanted, in: namespace, having: driver.capabilities.isolation)
    }

    /// Replaces the warm sandboxes that were used. The job queue calls this after each job. Other runs do it
    /// themselves.
    public func refill() async { await pool.refill() }

    /// Checks a request and returns the record of the new sandbox. Changes nothing.
    ///
    /// - Throws: `invalid_request`, `unprocessable`, `forbidden`.
    nonisolated func describe(
        _ request: SandboxRequest, in namespace: NamespaceName, id: SandboxID = SandboxID()
    ) throws(OutpostError) -> Sandbox {
        let language = try languages.installed(request.language)
        guard request.security.seccompEnabled || configuration.allowSeccompDisabled else {
            throw .parameter(.forbidden, Parameter.security / .seccomp, "may not be false on this server")
        }
        let security = request.security.granted(try isolation(request.security.isolation, in: namespace))
        var defaults = configuration.limits.defaults
        defaults.maxProcesses = security.rules.maxProcesses ?? defaults.maxProcesses
        let limits = try configuration.limits.checked(request.limits.applied(to: defaults))
        let now = clock()
        var sandbox = Sandbox(
            id: id, namespace: namespace, name: request.name, language: language.name, image: language.image,
            mode: request.mode, status: .ready, limits: limits, environment: request.environment,
            workingDirectory: request.workingDirectory ?? RunPlan.defaultDirectory, security: security,
            metadata: request.metadata, timeToLiveSeconds: request.timeToLiveSeconds,
            idleTimeoutSeconds: request.idleTimeoutSeconds, createdAt: now, lastUsedAt: now, expiresAt: nil,
            onIdle: request.onIdle)
        sandbox.expiresAt = SandboxController.expiry(sandbox)
        try checkIdleAction(sandbox)
        try Self.checkRecordSize(sandbox)
        return sandbox
    }

    /// - Throws: `invalid_request` when an ephemeral sandbox should be paused; `unprocessable` when its isolation has no pauses.
    nonisolated func checkIdleAction(_ sandbox: Sandbox) throws(OutpostError) {
        guard sandbox.onIdle == .pause else { return }
        guard sandbox.mode == .stateful else {
            throw .parameter(.invalidRequest, .onIdle, "may be pause only for a stateful sandbox")
        }
        guard driver.capabilities.features.contains(.pauses) else {
            throw .parameter(
                .unprocessable, .onIdle, "may not be pause with the isolation \(sandbox.security.isolation)")
        }
    }

    static func checkRecordSize(_ sandbox: Sandbox) throws(OutpostError) {
        guard sandbox.recordBytes <= mostRecordBytes else {
            throw OutpostError(
                .invalidRequest,
                "the environment and the labels of a sandbox may have \(mostRecordBytes) bytes together, and these have "
                    + "\(sandbox.recordBytes)")
        }
    }

    /// The server keeps each sandbox's record in memory and in its database.
    static let mostRecordBytes = 256 << 10

    // MARK: - Upkeep

    /// Deletes expired sandboxes, pauses those that are idle for too long, and stores the last use of the others.
    ///
    /// - Throws: the store's error.
    func sweep() async throws(OutpostError) {
        let now = clock()
        var touches: [SandboxTouch] = []
        for (id, entry) in controllers {
            if await entry.controller.isExpired(at: now) {
                do throws(OutpostError) {
                    try await delete(id, in: entry.namespace, hasExpired: true)
                } catch {
                    // Another call has deleted it meanwhile.
                    if error.code != .notFound { throw error }
                }
                continue
            }
            do throws(OutpostError) {
                try await entry.controller.pauseIfIdle(at: now)
            } catch {
                logger.warning("an idle sandbox cannot be paused", metadata: ["error": "\(error)"])
            }
            let usage = await entry.controller.usage
            if written[id] != usage.lastUsedAt {
                touches.append(SandboxTouch(id: id, lastUsedAt: usage.lastUsedAt, expiresAt: usage.expiresAt))
            }
        }
        written = written.filter { controllers[$0.key] != nil }
        guard !touches.isEmpty else { return }
        try await store.touch(touches)
        for touch in touches { written[touch.id] = touch.lastUsedAt }
    }

    /// Ends the events of all sandboxes, because the server stops.
    func endEvents() {
        for entry in controllers.values { entry.controller.events.close() }
    }

    /// Cancels every run and refuses the waiting ones.
    func cancelAll() async {
        await withTaskGroup(of: Void.self) { group in
            for controller in controllers.values.map(\.controller) + unmanaged.values {
                group.addTask { await controller.cancelRuns(refusing: Admission.stopping) }
            }
        }
    }
}
