// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostLanguages
import OutpostMetrics
import OutpostStore
import OutpostTesting

@testable import OutpostEngine

/// An engine over fakes.
struct EngineFixture: Sendable {
    let clock: ManualClock
    let stores: MemoryStores
    let driver: FakeDriver
    let compilations: MemoryCompilations
    let registry = MetricsRegistry(EngineMetrics.families)
    let engine: Engine

    static let policy = LimitPolicy(
        defaults: .shippedDefaults,
        maxima: ResourceLimits(
            memoryMiB: 8192, cpuCores: 4, timeoutMilliseconds: 3_600_000, diskMiB: 51_200, maxProcesses: 4096,
            maxOutputBytes: 64 << 20))

    /// - Parameter missing: languages whose program is not there.
    init(
        clock: ManualClock = ManualClock(), stores: MemoryStores = MemoryStores(), driver: FakeDriver = FakeDriver(),
        compilations: MemoryCompilations = MemoryCompilations(), missing: Set<String> = [],
        _ configure: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws {
        self.clock = clock
        self.stores = stores
        self.driver = driver
        self.compilations = compilations
        var configuration = EngineConfiguration(limits: Self.policy)
        // Nothing happens by itself where a test does not ask for it.
        configuration.pool.ceiling = 0
        configure(&configuration)
        let catalog = try LanguageCatalog.load()
        let absent = Set(missing.compactMap { catalog[$0]?.toolchain.program })
        engine = try await Engine(
            configuration: configuration, stores: stores, driver: driver, disks: driver, catalog: catalog,
            clock: clock.wall,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, compilations: compilations,
            metrics: registry,
            isPresent: { !absent.contains($0) }, stamp: { "\($0) 1" })
    }

    /// A sandbox of the default namespace.
    func create(
        _ mode: SandboxMode = .stateful, ttl: Int? = nil, idle: Int? = nil, language: String = "python"
    ) async throws -> SandboxID {
        let request = SandboxRequest(
            language: language, mode: mode, timeToLiveSeconds: ttl, idleTimeoutSeconds: idle)
        return try await engine.sandboxes.create(request, in: .default).id
    }

    func exec(_ id: SandboxID, _ arguments: String..., concurrent: Bool = false) async throws -> Execution {
        let request = ExecutionRequest(program: .command(arguments), concurrent: concurrent)
        return try await engine.sandboxes.exec(request, id: id, in: .default)
    }

    /// Starts `hold NAME` in a sandbox and returns when it runs.
    func hold(_ id: SandboxID, _ name: String, concurrent: Bool = false) async -> Task<Execution, any Error> {
        let task = Task { try await exec(id, "hold", name, concurrent: concurrent) }
        await driver.events.wait(for: "start \(name)")
        return task
    }

    func sandbox(_ id: SandboxID) async throws -> Sandbox { try await engine.sandboxes.sandbox(id, in: .default) }
}

/// The code of the `OutpostError` that `body` throws; nil when it throws none.
func code(of body: () async throws -> Void) async throws -> ErrorCode? {
    do {
        try await body()
        return nil
    } catch let error as OutpostError {
        return error.code
    }
}
