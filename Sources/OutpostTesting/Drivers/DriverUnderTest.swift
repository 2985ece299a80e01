// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
public import OutpostSandboxing

/// A driver, and what the conformance suite must know to ask it.
public struct DriverUnderTest: Sendable {
    public let driver: any SandboxDriver
    /// Bytes that a stream of the suite has at most.
    public let largest: Int
    /// How a program of the suite is spelled for it.
    public let command: @Sendable (ConformanceProgram) -> [String]
    /// Ends what runs a sandbox's programs for the driver, as an accident would.
    public let breakDown: @Sendable (any RunningSandbox) async throws -> Void
    /// Ends what makes the driver's sandboxes, as an accident would. The sandbox is one of them.
    public let loseMaker: @Sendable (any RunningSandbox) async throws -> Void

    public init(
        _ driver: any SandboxDriver, largest: Int = 5_000_000,
        command: @escaping @Sendable (ConformanceProgram) -> [String],
        breakDown: @escaping @Sendable (any RunningSandbox) async throws -> Void,
        loseMaker: @escaping @Sendable (any RunningSandbox) async throws -> Void
    ) {
        self.driver = driver
        self.largest = largest
        self.command = command
        self.breakDown = breakDown
        self.loseMaker = loseMaker
    }

    /// A program of the suite with 256 MiB and a minute; a check of a limit sets its own.
    public func program(_ program: ConformanceProgram, _ change: (inout ProgramSpec) -> Void = { _ in }) -> ProgramSpec
    {
        var limits = ResourceLimits.shippedDefaults
        limits.memoryMiB = 256
        limits.timeoutMilliseconds = 60_000
        limits.maxOutputBytes = 16 << 20
        var spec = ProgramSpec(
            arguments: command(program), environment: [EnvironmentVariable(name: "PATH", value: "/usr/bin:/bin")],
            workingDirectory: "/workspace", user: .sandbox, limits: limits)
        change(&spec)
        return spec
    }

    static let sandbox = SandboxSpec(
        storage: .memory(mebibytes: 64), namespace: .default, memoryMiB: 256, user: .sandbox,
        workingDirectory: "/workspace")

    /// Gives `body` a sandbox that is up, and destroys it afterwards.
    func withSandbox(_ body: (any RunningSandbox) async throws -> Void) async throws {
        let sandbox = try await driver.create(Self.sandbox)
        do {
            try await body(sandbox)
        } catch {
            await sandbox.destroy()
            throw error
        }
        await sandbox.destroy()
        guard await !sandbox.isAlive else { throw ConformanceFailure("a destroyed sandbox is alive") }
    }

    /// What became of a program in a sandbox of its own.
    func result(
        _ program: ConformanceProgram, _ change: (inout ProgramSpec) -> Void = { _ in }
    ) async throws -> ProgramResult {
        let spec = self.program(program, change)
        var result: ProgramResult?
        try await withSandbox { result = try await $0.run(spec) }
        guard let result else { throw ConformanceFailure("there is no result") }
        return result
    }
}

/// What a driver does not do as all drivers do.
public struct ConformanceFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

func expect(_ condition: Bool, _ failure: @autoclosure () -> String) throws(ConformanceFailure) {
    if !condition { throw ConformanceFailure(failure()) }
}
