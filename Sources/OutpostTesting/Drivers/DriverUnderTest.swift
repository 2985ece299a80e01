// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
public import OutpostSandboxing

/// A driver and the adapters of the conformance suite for it.
public struct DriverUnderTest: Sendable {
    /// The driver.
    public let driver: any SandboxDriver
    /// The maximum size of a stream in the suite, in bytes.
    public let largest: Int
    /// Returns the driver's command for a program of the suite.
    public let command: @Sendable (ConformanceProgram) -> [String]
    /// Kills the process that runs a sandbox's programs, as a failure would.
    public let breakDown: @Sendable (any RunningSandbox) async throws -> Void
    /// Kills the process that starts the driver's sandboxes, as a failure would. The sandbox is one of them.
    public let loseMaker: @Sendable (any RunningSandbox) async throws -> Void

    /// Creates the adapters of a driver.
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

    /// Returns a program of the suite with 256 MiB and one minute. A check changes the limits that it needs.
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

    /// Runs `body` with a live sandbox, and destroys the sandbox afterwards.
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

    /// Runs a program in its own sandbox and returns the result.
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

/// A check that a driver does not pass.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// What the driver does wrong.
    public let description: String

    /// Creates a failure with this text.
    public init(_ description: String) { self.description = description }
}

func expect(_ condition: Bool, _ failure: @autoclosure () -> String) throws(ConformanceFailure) {
    if !condition { throw ConformanceFailure(failure()) }
}
