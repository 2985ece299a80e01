// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// A zygote: an interpreter in its own sandbox that is only forked. It never runs a client's code, has no capability,
/// and has its own filter and cgroup.
@Reactor
final class Zygote {
    /// The properties in which zygotes differ.
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

    /// The slot of its own sandbox. The spawner knows the zygote by this number.
    let slot: UInt32
    private let instance: NamespaceSandbox
    private var run: Task<Void, Never>?
    private var lifecycle = ZygoteLifecycle()
    /// The image's fingerprint at its start.
    private let generation: String
    private let startedAt = monotonicNanoseconds()

    /// Starts the zygote, and registers it with the spawner.
    ///
    /// - Parameter probeLimits: the limits of the program that finds Python's folders first.
    /// - Throws: `internal`. The sandbox is destroyed then.
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
                // Only the end matters. No fork succeeds after it.
                let process = try? await instance.start(
                    program, channel: [theirs.descriptor, ready.write], filters: filters, listener: IgnoringListener(),
                    isZygote: true)
                _ = await process?.wait()
                for end in [theirs.descriptor, ready.write] { end.closeNow() }
                _ = self?.lifecycle.handle(.died)
                instance.discard()
            }
            // The end of its sandbox closes the other end of the pipe, and so ends the wait.
            let limit = Reactor.schedule(afterNanoseconds: Self.longestStart) { instance.discard() }
            defer { Reactor.cancel(limit) }
            try await Self.waitUntilReady(ready.read)
            _ = try await spawner.call(.zygote(slot: slot), [ours.descriptor])
            ours.descriptor.closeNow()
        } catch {
            instance.discard()
            throw OutpostError(.internal, "the zygote cannot be started", cause: error)
        }
    }

    /// Ignores the output of the zygote.
    private final class IgnoringListener: ProcessListener {
        let isFollowing = false
        func begins(_ process: any RunningProcess, after waited: UInt64) {}
        func took(_ bytes: [UInt8], of stream: LiveOutput.Stream) -> Bool { true }
        func used(_ meter: ProcessMeter) {}
        func ended() {}
    }

    /// Waits until the interpreter can be forked.
    ///
    /// It reports this over a pipe, because only the spawner receives from its socket.
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

    /// Returns the variables for the preloaded modules. They also stop numeric libraries from starting threads, because
    /// a fork has no other threads.
    private static func preloading(_ modules: [String]) -> [EnvironmentVariable] {
        [EnvironmentVariable(name: "OUTPOST_PRELOAD", value: modules.joined(separator: ","))]
            + (modules.isEmpty ? [] : ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"].map { .init(name: $0, value: "1") })
    }

    /// Whether sandboxes may still be forked from it. All forks share its memory layout and its hash seed, so a zygote
    /// is used for a limited time and number of forks.
    func isCurrent(_ generation: String) -> Bool {
        guard let forks = lifecycle.forks, forks < Self.mostForks else { return false }
        return generation == self.generation && monotonicNanoseconds() - startedAt < Self.longestLife
    }

    /// Records a fork.
    func began() { handle(.forked) }

    /// Records that a forked sandbox is destroyed.
    func ended() { handle(.childEnded) }

    /// Retires the zygote. It ends after its last forked sandbox, because the kernel would end these with it.
    func retire() { handle(.retired) }

    private func handle(_ event: ZygoteLifecycle.Event) {
        if lifecycle.handle(event) { instance.discard() }
    }

    /// Nanoseconds that an interpreter with its modules may take to start. Only a hang takes as long.
    private static let longestStart: UInt64 = 60_000_000_000
    private static let mostForks = 10_000
    /// Ten minutes, in nanoseconds.
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
            throw OutpostError(.internal, "the interpreter did not report its folder of site packages")
        }
        return directory
    }

    /// Returns the command of the zygote. Its limits are large and independent of the operator's maxima: no client's
    /// code runs in its cgroup, because a fork leaves it at once. A part of each fork's memory stays charged to it.
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
