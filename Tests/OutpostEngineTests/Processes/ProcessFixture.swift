// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostLanguages
import OutpostSandboxing
import OutpostTesting

@testable import OutpostEngine

/// An engine over the driver in memory, whose programs are those of the conformance suite.
struct ProcessFixture: Sendable {
    let engine: Engine
    let driver = MemoryDriver()
    let clock = ManualClock()
    let sandbox: SandboxID

    init(_ configure: (inout EngineConfiguration) -> Void = { _ in }) async throws {
        var configuration = EngineConfiguration(limits: EngineFixture.policy)
        configuration.pool.ceiling = 0
        configure(&configuration)
        engine = try await Engine(
            configuration: configuration, stores: MemoryStores(), driver: driver, disks: FakeDriver(),
            catalog: try LanguageCatalog.load(), clock: clock.wall,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isPresent: { _ in true })
        sandbox = try await Self.create(engine)
    }

    static func create(_ engine: Engine, _ mode: SandboxMode = .stateful) async throws -> SandboxID {
        try await engine.sandboxes.create(SandboxRequest(language: "python", mode: mode), in: .default).id
    }

    func start(
        _ program: ConformanceProgram, stdin: Bool = false, name: String? = nil, timeout: Int? = nil
    ) async throws -> LiveProcess {
        let request = ProcessRequest(
            program: .command(MemoryDriver.command(program)), takesInput: stdin, timeoutMilliseconds: timeout,
            name: name)
        return try await engine.sandboxes.startProcess(request, in: sandbox, of: .default)
    }

    /// The process after its end.
    func ended(_ process: LiveProcess) async throws -> SandboxProcess {
        try await engine.sandboxes.process(process.id, of: sandbox, in: .default, waitSeconds: 300)
    }

    func used(_ quota: Quota) -> Int { engine.quotas.used(quota, in: .default) }

    var status: SandboxStatus {
        get async throws { try await engine.sandboxes.sandbox(sandbox, in: .default).status }
    }
}
