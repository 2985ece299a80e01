// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// An interpreter that has started and only makes copies of itself, in a sandbox of its own. It never runs a client's
/// code, holds no capability, and has a filter and a cgroup.
@Reactor
final class Zygote {
    /// What zygotes differ in.
    struct Kind: Hashable {
        let interpreter: WarmInterpreter
        let arguments: [String]
        let environment: [EnvironmentVariable]
        let workingDirectory: String

        init(_ key: InterpreterKey) {
            interpreter = key.interpreter
            arguments = key.program.arguments
            environment = key.program.environment
            workingDirectory = key.program.workingDirectory
        }
    }

    /// Of its own sandbox; names it to the spawner.
    let slot: UInt32
    private let instance: NamespaceSandbox
    private var run: Task<Void, Never>?
    private var lifecycle = ZygoteLifecycle()
    /// What the image was when it started.
    private let generation: String
    private let startedAt = monotonicNanoseconds()

    /// - Parameter probeLimits: those of a program that is asked before.
    /// - Throws: `internal` when the interpreter cannot be started so.
    init(
        _ kind: Kind, slot: UInt32, generation: String, in instance: NamespaceSandbox, spawner: SpawnerClient,
        filters: [[UInt8]], probeLimits: ResourceLimits
    ) async throws(OutpostError) {
        self.slot = slot
        self.generation = generation
        self.instance = instance
        do {
            let directory = try await Self.packageDirectory(kind, in: instance, probeLimits)
            let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
            let ready = try Descriptor.pipe(nonBlockingRead: true)
            var program = Self.program(kind, kind.arguments)
            program.files = PythonFiles.zygoteFiles(in: directory)
            program.environment += Self.preloading(kind.interpreter.preload)
            run = Task { @Reactor [weak self] in
                // Its end, however it came, is all that matters; no fork succeeds after it.
                let process = try? await instance.start(
                    program, channel: [theirs.descriptor, ready.write], filters: filters, listener: IgnoringListener(),
                    isZygote: true)
                _ = await process?.wait()
                for end in [theirs.descriptor, ready.write] { end.closeNow() }
                _ = self?.lifecycle.handle(.died)
                instance.discard()
            }
            try await Self.waitUntilReady(ready.read)
            _ = try await spawner.call(.zygote(slot: slot), [ours.descriptor])
            ours.descriptor.closeNow()
        } catch {
            instance.discard()
            throw OutpostError(.internal, "the interpreter cannot be kept ready", cause: error)
        }
    }

    /// What the interpreter writes is nobody's.
    private final class IgnoringListener: ProcessListener {
        let isFollowing = false
        func begins(_ process: any RunningProcess, after waited: UInt64) {}
        func took(_ bytes: [UInt8], of stream: LiveOutput.Stream) -> Bool { true }
        func used(_ meter: ProcessMeter) {}
        func ended() {}
    }

    /// Returns when the interpreter says that it can be copied.
    ///
    /// It says so over a pipe and not over its socket, which the spawner alone receives from.
    private static func waitUntilReady(_ pipe: Descriptor) async throws(SystemError) {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            do throws(SystemError) {
                var watch: Reactor.Watch?
                watch = try Reactor.watch(pipe, for: .read) {
                    guard let current = watch else { return }
                    watch = nil
                    Reactor.end(current)
                    continuation.resume()
                }
            } catch {
                continuation.resume()
            }
        }
        var byte: [UInt8] = [0]
        guard try pipe.read(into: &byte) == 1 else {
            throw SystemError("wait for the interpreter", number: SystemError.connectionReset)
        }
    }

    /// What is imported ahead, and what keeps libraries for arithmetic from starting threads, which no copy would have.
    private static func preloading(_ modules: [String]) -> [EnvironmentVariable] {
        [EnvironmentVariable(name: "OUTPOST_PRELOAD", value: modules.joined(separator: ","))]
            + (modules.isEmpty ? [] : ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"].map { .init(name: $0, value: "1") })
    }

    /// Whether sandboxes may be made from it. Its copies have its memory layout and its hashes of text in common, so none
    /// is used for long.
    func isCurrent(_ generation: String) -> Bool {
        guard let forks = lifecycle.forks, forks < Self.mostForks else { return false }
        return generation == self.generation && monotonicNanoseconds() - startedAt < Self.longestLife
    }

    /// A sandbox is made from it.
    func began() { handle(.forked) }

    /// Nothing is left of a sandbox that was made from it.
    func ended() { handle(.childEnded) }

    /// Makes no more sandboxes; ends when the last that was made from it has ended, since they end with it.
    func retire() { handle(.retired) }

    private func handle(_ event: ZygoteLifecycle.Event) {
        if lifecycle.handle(event) { instance.discard() }
    }

    private static let mostForks = 10_000
    /// In nanoseconds: ten minutes.
    private static let longestLife: UInt64 = 600_000_000_000

    private static func packageDirectory(
        _ kind: Kind, in instance: NamespaceSandbox, _ limits: ResourceLimits
    ) async throws(OutpostError) -> String {
        var probe = program(kind, [kind.arguments[0], "-c", PythonFiles.probe])
        probe.limits = limits
        let result = try await instance.run(probe)
        let directory = String(decoding: result.stdout.bytes, as: UTF8.self).split(separator: "\n").first.map(
            String.init)
        guard result.end == .exited(0), let directory, directory.isAbsolutePath else {
            throw OutpostError(.internal, "the interpreter did not report its directories")
        }
        return directory
    }

    /// Generous limits, whatever the operator's maxima for programs are: no client's code ever runs in its cgroup, since
    /// what comes from it leaves that at once. A part of the memory of each copy stays charged to it.
    private static func program(_ kind: Kind, _ arguments: [String]) -> ProgramSpec {
        ProgramSpec(
            arguments: arguments,
            environment: [.searchPath] + kind.environment,
            workingDirectory: kind.workingDirectory, user: .root,
            limits: ResourceLimits(
                memoryMiB: 2048, cpuCores: 64, timeoutMilliseconds: 315_360_000_000, diskMiB: 1 << 30,
                maxProcesses: 4096, maxOutputBytes: 65_536))
    }
}
