// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux
public import OutpostSandboxing
import OutpostWire

extension NamespacesDriver {
    /// Returns the key of the warm interpreter for a program. Nil when it cannot use one.
    public func warmKey(for program: ProgramSpec, in sandbox: SandboxSpec) -> WarmKey? {
        capabilities.features.contains(.warmStarts) ? InterpreterKey(for: program, in: sandbox)?.warmKey : nil
    }

    /// Starts a sandbox with a warm interpreter.
    ///
    /// - Throws: as `WarmStarting.createWarm`. After an error nothing of the sandbox is left.
    public func createWarm(_ key: WarmKey) async throws(OutpostError) -> any RunningSandbox {
        guard let key = key.value.content(as: InterpreterKey.self) else {
            throw OutpostError(.internal, "the key belongs to another driver")
        }
        return switch key.interpreter.kind {
        case .python: try await launchFork(key)
        case .node: try await launchStarted(key)
        }
    }

    /// Launches an ordinary sandbox and starts the interpreter as its first program.
    @Reactor
    private func launchStarted(_ key: InterpreterKey) async throws(OutpostError) -> any RunningSandbox {
        guard let instance = try await create(key.sandbox) as? NamespaceSandbox else {
            throw OutpostError(.internal, "the warm interpreter cannot be started")
        }
        do throws(OutpostError) {
            return try await ready(instance, try await instance.startWarmInterpreter(key, NodeFiles.program(key)))
        } catch {
            instance.discard()
            throw error
        }
    }

    /// A fingerprint of the image's root and of the host's program folders.
    public func imageGeneration() async -> String { await stamp(of: [imagePreparations.root]) }

    /// A fingerprint of the interpreter's program and of the host's program folders.
    public func generation(of key: WarmKey) async -> String {
        guard let key = key.value.content(as: InterpreterKey.self) else { return "" }
        return await generation(of: key)
    }

    private func generation(of key: InterpreterKey) async -> String {
        await stamp(of: [key.program.arguments.first ?? ""])
    }

    private func stamp(of paths: [String]) async -> String {
        // Installing or removing a package changes these folders.
        let watched = paths + ["/usr/bin", "/usr/lib", "/usr/local/lib", "/usr/lib/python3/dist-packages"]
        // The closure never throws.
        return
            (try? await BlockingPool.shared.run {
                watched.map { FileStamp($0)?.description ?? "-" }.joined(separator: " ")
            }) ?? ""
    }

    @Reactor
    private func launchFork(_ key: InterpreterKey) async throws(OutpostError) -> any RunningSandbox {
        let zygote = try await zygotes.zygote(for: key, generation: await generation(of: key))
        guard let slot = slots.acquire() else { throw slots.exhausted }
        let box = InstanceBox()
        do {
            let threads = threads[key.sandbox.namespace]
            let run = try NamespaceRun.make(spawner, AttachedStreams(threads: threads), threads) {
                box.instance?.discard()
            }
            let (instance, waiting) = try await fork(key, zygote, slot, run, box)
            return try await ready(instance, waiting, atMost: WaitingProgram.patienceForFork)
        } catch {
            if !box.isMade { slots.release(slot) }
            throw error as? OutpostError ?? OutpostError(.internal, "the interpreter cannot be forked", cause: error)
        }
    }

    /// Forks an interpreter from a zygote. The new sandbox then owns the slot and the run.
    @Reactor
    private func fork(
        _ key: InterpreterKey, _ zygote: Zygote, _ slot: UInt32, _ run: NamespaceRun, _ box: InstanceBox
    ) async throws -> (NamespaceSandbox, WaitingProgram) {
        let (link, agentEnds) = try AgentLink.make()
        let (channel, channelEnds) = try WaitingChannel.make()
        let program = GuestProgram(
            key.program, process: 1, descriptors: 0, filters: filters[key.program.preset],
            channels: UInt8(channelEnds.count),
            processors: run.assignProcessors(key.program.limits, waits: true, slot: slot))
        do {
            let request = SpawnerRequest.fork(
                zygote: zygote.slot, try LaunchRequest(key.sandbox, slot: slot), run: run.id,
                RunLimits(key.program.limits), program)
            let (reply, descriptors) = try await spawner.call(
                request, agentEnds + channelEnds + run.streams.programEnds)
            for end in agentEnds + channelEnds { end.closeNow() }
            // The fork exists even if this process had no room for the descriptors.
            zygote.began()
            do {
                guard case .launched(let process) = reply, let setup = descriptors.first else {
                    throw WireError("answer to fork")
                }
                if descriptors.count > 1 { try run.watchMemory(descriptors[1]) }
                let waiting = try WaitingProgram(key, run, channel: channel)
                do throws(SystemError) {
                    let instance = try NamespaceSandbox(
                        slot: slot, process: process, spawner: spawner, slots: slots, filters: filters, agent: link,
                        setup: setup, threads: run.threads,
                        onDestroyed: { [sockets] _ in
                            sockets.remove(slot)
                            zygote.ended()
                        })
                    box.instance = instance
                    watch(instance, slot, key.sandbox)
                    instance.adopt(waiting)
                    return (instance, waiting)
                } catch {
                    waiting.close()
                    throw error
                }
            } catch {
                // A spawner that is gone has ended both.
                _ = try? await spawner.call(.finish(run: run.id, slot: slot))
                _ = try? await spawner.call(.destroy(slot: slot))
                zygote.ended()
                throw error
            }
        } catch {
            run.abandon()
            throw error
        }
    }

    @Reactor
    private func ready(
        _ instance: NamespaceSandbox, _ waiting: WaitingProgram, atMost nanoseconds: UInt64 = WaitingProgram.patience
    ) async throws(OutpostError) -> any RunningSandbox {
        if await waiting.waitUntilReady(atMost: nanoseconds) { return instance }
        await instance.destroy()
        throw OutpostError(.internal, "the warm interpreter was not ready in time")
    }

    /// The sandbox of a fork. The run exists before it, and its `giveUp` needs the sandbox.
    @Reactor
    private final class InstanceBox {
        weak var instance: NamespaceSandbox? { didSet { isMade = true } }
        /// Whether there is or was an instance. It owns the slot, and releases it at its end.
        private(set) var isMade = false
    }
}
