// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostLinux
public import OutpostSandboxing
import Synchronization

/// A driver in memory. Its sandboxes are dictionaries of files, and its programs are those of the conformance suite.
public final class MemoryDriver: SandboxDriver {
    /// Few features, so that checks for the others are skipped.
    public let capabilities = DriverCapabilities(
        isolation: .namespaces, features: [.interleavedOutput, .files], measuredBy: .host)
    private let sandboxes = Mutex<[MemorySandbox]>([])

    /// Creates a driver without sandboxes.
    public init() {}

    /// Returns the command of a program of the suite. Only this driver understands it.
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

    /// Creates a sandbox.
    ///
    /// - Throws: `unprocessable` for layers.
    public func create(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        try checkIsolation(of: spec)
        guard spec.layers.isEmpty else {
            throw OutpostError(.unprocessable, "sandboxes in memory have no layers")
        }
        let sandbox = MemorySandbox()
        sandboxes.withLock { $0.append(sandbox) }
        return sandbox
    }

    /// Returns nothing: the sandboxes end with this process.
    public func survivors() -> [any RunningSandbox] { [] }

    /// Ends every sandbox, as a failure would.
    public func endAll() async {
        for sandbox in sandboxes.withLock({ $0 }) { await sandbox.end() }
    }

    /// Destroys every sandbox.
    public func shutDown() async {
        for sandbox in sandboxes.withLock({ $0 }) { await sandbox.destroy() }
    }
}

/// A sandbox of the memory driver.
@Reactor
public final class MemorySandbox: RunningSandbox {
    let tree = MemoryTree()
    private var processes: [MemoryProcess] = []
    private var isUp = true

    nonisolated init() {}

    /// Whether the sandbox has not ended.
    public var isAlive: Bool { isUp }

    /// Starts a program of the conformance suite.
    ///
    /// - Throws: `unavailable` after the end of the sandbox.
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

    /// The files of the sandbox.
    public var files: any SandboxFiles { MemoryFiles(tree) }

    /// Ends the sandbox, on the reactor.
    public nonisolated func discard() { Reactor.perform { self.end() } }

    /// Ends the sandbox.
    public func destroy() async { end() }

    /// Ends the sandbox and its programs.
    public func end() {
        isUp = false
        tree.end()
        for process in processes { process.lose() }
        processes = []
    }
}
