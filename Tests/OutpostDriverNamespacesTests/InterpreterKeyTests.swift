// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import Testing

@testable import OutpostDriverNamespaces

/// Which programs start from an interpreter that waits, and which from the same.
struct InterpreterKeyTests {
    private static let usual = [
        EnvironmentVariable(name: "LANG", value: "C.UTF-8"), EnvironmentVariable(name: "NODE_OPTIONS", value: "x"),
    ]

    private static func program(
        _ interpreter: String = "python", preload: [String] = [], _ change: (inout ProgramSpec) -> Void = { _ in }
    ) -> ProgramSpec {
        var program = ProgramSpec(
            arguments: ["/usr/bin/python3", "/tmp/main.py", "a"], environment: usual, workingDirectory: "/workspace",
            user: .sandbox, limits: .shippedDefaults)
        program.folder = RunFolder(root: RunFolder.ordinaryRoot, workingDirectory: "/workspace")
        program.warm = WarmHint(
            interpreter: interpreter, preload: preload, commandLength: 2, waiting: .shippedDefaults,
            usualEnvironment: usual, usualDirectory: "/workspace", usualFolder: RunFolder.ordinaryRoot)
        change(&program)
        return program
    }

    private static let sandbox = SandboxSpec(
        storage: .memory(mebibytes: 448), namespace: .default, memoryMiB: 512, user: .sandbox,
        workingDirectory: "/workspace")

    private static func key(_ program: ProgramSpec) -> WarmKey? { InterpreterKey(for: program, in: sandbox)?.warmKey }

    @Test(
        arguments: [
            { $0.arguments[2] = "b" }, { $0.arguments += ["c"] }, { $0.stdin = [1] }, { $0.limits.memoryMiB = 64 },
            { $0.limits.cpuCores = 0.5 }, { $0.limits.maxProcesses = 4 }, { $0.limits.timeoutMilliseconds = 5 },
            { $0.limits.maxOutputBytes = 5 }, { $0.files = [SandboxFile(path: "/w/a", content: [])] },
            { $0.environment.append(EnvironmentVariable(name: "OWN", value: "1")) }, { $0.cpuTimeMilliseconds = 7 },
            { $0.stopsAtOutputLimit = true }, { $0.isInterleaved = true }, { $0.isInputOpen = true },
            { $0.environment[1] = EnvironmentVariable(name: "NODE_OPTIONS", value: "y") },
        ] as [@Sendable (inout ProgramSpec) -> Void])
    func whatAProgramIsGivenAtItsStartMakesNoOtherKey(_ change: @Sendable (inout ProgramSpec) -> Void) throws {
        let key = try #require(Self.key(Self.program()))
        #expect(Self.key(Self.program("python", change)) == key)
    }

    @Test(
        arguments: [
            { $0.limits.stackMiB = 8 }, { $0.limits.maxFileBytes = 1 }, { $0.seccompEnabled = false },
            { $0.preset = .strict }, { $0.preset = .debug }, { $0.workingDirectory = "/tmp" }, { $0.warm = nil },
            { $0.environment[0] = EnvironmentVariable(name: "LANG", value: "C") }, { $0.environment = [] },
            { $0.environment.append(EnvironmentVariable(name: "PYTHONPATH", value: "/x")) },
            { $0.environment.append(EnvironmentVariable(name: "LD_PRELOAD", value: "/x")) },
            { $0.limits.memoryMiB = 63 }, { $0.folder = nil }, { $0.warm?.interpreter = "ruby" },
            { $0.folder = RunFolder(root: "/tmp/.outpost/exec_1", workingDirectory: "/workspace") },
        ] as [@Sendable (inout ProgramSpec) -> Void])
    func whatHoldsFromTheStartOnIsStartedAnew(_ change: @Sendable (inout ProgramSpec) -> Void) {
        #expect(Self.key(Self.program("python", change)) == nil)
    }

    @Test func nodeIsNotForkedAndChoosesItsStreamsAtItsStart() throws {
        let node = try #require(Self.key(Self.program("node")))
        #expect(node.source == nil)
        #expect(Self.key(Self.program("node") { $0.isInterleaved = true }) == nil)
        #expect(Self.key(Self.program("node") { $0.environment[1] = .init(name: "NODE_OPTIONS", value: "y") }) == nil)
        #expect(node != Self.key(Self.program("python")))
    }

    @Test func aSandboxWithLayersHasAKeyOfItsOwnAndNoFork() throws {
        var layered = Self.sandbox
        layered.layers = [SealedDiskID()]
        let key = try #require(InterpreterKey(for: Self.program("node"), in: layered)?.warmKey)
        #expect(key != Self.key(Self.program("node")))
        layered.layers.append(SealedDiskID())
        #expect(InterpreterKey(for: Self.program("node"), in: layered)?.warmKey != key)
        // A forked interpreter has read modules that a layer may have replaced.
        #expect(InterpreterKey(for: Self.program("python"), in: layered) == nil)
    }

    @Test func forksOfOneZygoteHaveOneSourceWhateverTheirLimits() throws {
        let key = try #require(Self.key(Self.program()))
        let data = try #require(Self.key(Self.program("python", preload: ["numpy"])))
        #expect(key.source != nil && key.source != data.source)
        var spec = Self.sandbox
        spec.memoryMiB = 1024
        spec.namespace = NamespaceName("team-a")
        let other = try #require(InterpreterKey(for: Self.program(), in: spec)?.warmKey)
        #expect(other != key && other.source == key.source && other.namespace == spec.namespace)
        #expect(Self.key(Self.program("python", preload: ["numpy"]) { $0.limits.memoryMiB = 511 }) == nil)
    }
}
