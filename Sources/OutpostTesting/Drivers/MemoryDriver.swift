// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostLinux
public import OutpostSandboxing
import Synchronization

/// A driver without a host: its sandboxes are dictionaries of files, and its programs those of the conformance suite.
public final class MemoryDriver: SandboxDriver {
    public let capabilities = DriverCapabilities(
        isolation: .namespaces, features: [.interleavedOutput, .files], measuredBy: .host)
    private let sandboxes = Mutex<[MemorySandbox]>([])

    public init() {}

    /// A program's command, which only this driver understands.
    public static func command(_ program: ConformanceProgram) -> [String] {
        switch program {
        case .exit(let code): ["exit", "\(code)"]
        case .die(let signal): ["die", "\(signal)"]
        case .write(let stdout, let stderr): ["write", "\(stdout)", "\(stderr)"]
        case .echo: ["echo"]
        case .show(let path): ["show", path]
        case .wait: ["wait"]
        case .spin: ["spin"]
        case .fill(let mebibytes): ["fill", "\(mebibytes)"]
        case .obey(let signal): ["obey", "\(signal)"]
        case .alternate(let times): ["alternate", "\(times)"]
        case .read(let count): ["read", "\(count)"]
        case .terminal: ["terminal"]
        case .serve: ["serve"]
        case .missing: ["missing"]
        }
    }

    public func create(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        try checkIsolation(of: spec)
        guard spec.layers.isEmpty else {
            throw OutpostError(.unprocessable, "sandboxes in memory have no layers")
        }
        let sandbox = MemorySandbox()
        sandboxes.withLock { $0.append(sandbox) }
        return sandbox
    }

    public func survivors() -> [any RunningSandbox] { [] }

    /// Ends every sandbox, as an accident would.
    public func endAll() async {
        for sandbox in sandboxes.withLock({ $0 }) { await sandbox.end() }
    }

    public func shutDown() async {
        for sandbox in sandboxes.withLock({ $0 }) { await sandbox.destroy() }
    }
}

/// A sandbox of it.
@Reactor
public final class MemorySandbox: RunningSandbox {
    let tree = MemoryTree()
    private var processes: [MemoryProcess] = []
    private var isUp = true

    nonisolated init() {}

    public var isAlive: Bool { isUp }

    public func start(
        _ program: ProgramSpec, listener: any ProcessListener
    ) async throws(OutpostError) -> any RunningProcess {
        guard isUp else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
        let process = MemoryProcess(program, in: self, listener)
        processes.append(process)
        listener.begins(process, after: 0)
        process.begin()
        return process
    }

    public var files: any SandboxFiles { MemoryFiles(tree) }

    public nonisolated func discard() { Reactor.perform { self.end() } }

    public func destroy() async { end() }

    /// Ends it, and its programs with it.
    public func end() {
        isUp = false
        tree.end()
        for process in processes { process.lose() }
        processes = []
    }
}
