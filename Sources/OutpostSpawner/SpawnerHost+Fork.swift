// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostCore
import OutpostLinux
import OutpostWire

/// Sandboxes whose program is a fork of a zygote's interpreter.
///
/// The zygote makes the child, because only it can fork itself. The spawner then gives the child its ids and mounts, as for its
/// own children. A faulty zygote can only make its children fail: it has no capability, and the spawner uses only the pidfd
/// in its answer.
extension SpawnerHost {
    /// The descriptors of a `fork` request, in this order.
    private enum Part: Int, CaseIterable {
        case agent, events, job, answers, input, output, errors
    }

    /// A `fork` request.
    struct Fork {
        /// The slot of the zygote.
        let zygote: UInt32
        let request: LaunchRequest
        let run: UInt64
        let limits: RunLimits
        let program: GuestProgram
    }

    /// The order of the descriptors in the child. The cgroup.procs descriptors of both cgroups and the two pipes of the channel
    /// follow. PythonStarter/starter.c also uses the position of `failures`.
    private enum Given: Int32 {
        case sync, agent, events, null, failures, input, output, errors, cgroupProcs

        var number: Int32 { ProgramSteps.firstGiven + rawValue }
    }

    /// Starts a sandbox with a fork of a zygote.
    ///
    /// - Returns: the pipe that reports a failed step, and the memory alarm of the run if there is one.
    /// - Throws: `SystemError`. Nothing is left then except a child that ends by itself.
    mutating func fork(_ fork: Fork, parts: [Descriptor], null: Descriptor) throws(SystemError) -> [Descriptor] {
        let slot = fork.request.slot
        guard isFree(fork.request) else {
            throw SystemError("use the uid range \(slot)", number: SystemError.busy)
        }
        guard parts.count == Part.allCases.count else {
            throw SystemError("receive the descriptors of a fork", number: SystemError.tooManyFiles)
        }
        let group = try groups.acquire(fork.request.tenant)
        do throws(SystemError) {
            let (cgroupProcs, alarm) = try prepare(fork.run, in: group, slot: slot, fork.limits)
            let (child, failures) = try clone(fork, group, cgroupProcs, parts, null)
            sandboxes[slot] = child
            return [failures] + [alarm].compactMap(\.self)
        } catch {
            sealedDisks.release(slot)
            forget(fork.run)
            groups.release(group, now: monotonicNanoseconds())
            throw error
        }
    }

    private mutating func clone(
        _ fork: Fork, _ group: SandboxCgroup, _ cgroupProcs: [Descriptor], _ parts: [Descriptor], _ null: Descriptor
    ) throws(SystemError) -> (LiveSandbox, failures: Descriptor) {
        guard let zygote = zygotes[fork.zygote], let nest = sandboxes[fork.zygote]?.child else {
            throw SystemError("find the zygote \(fork.zygote)", number: SystemError.notFound)
        }
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        ours.endReceiving()
        let failures = try Descriptor.pipe(nonBlockingRead: true)
        let agents = try tree.cgroupProcs(group.agent)
        let descriptors =
            [theirs.descriptor, parts[Part.agent.rawValue], parts[Part.events.rawValue], null, failures.write]
            + parts[Part.input.rawValue...] + agents + cgroupProcs
            + parts[Part.job.rawValue...Part.answers.rawValue]
        let message = PackedSteps.encode(
            programs(fork.request, fork.program, agents: agents.count, runs: cgroupProcs.count))
        let processors = fork.program.processors
        try list(processors.isEmpty ? all : processors, slot: fork.request.slot)
        let child = try send(message, descriptors, to: zygote, fork.zygote)
        theirs.descriptor.closeNow()
        // The child waits for its mounts and has no children yet, which will inherit the affinity.
        processors.setAffinity(of: child.pid)
        do throws(SystemError) {
            let disk = try equip(child.pid, fork.request, in: nest, through: ours)
            return (
                LiveSandbox(
                    child: child, group: group, isForeign: true, disk: disk, processors: [fork.run: processors]),
                failures.read
            )
        } catch {
            try child.signal(SignalNumber.kill)
            throw error
        }
    }

    /// The three lists of steps of a fork: to build the sandbox, for the interpreter, and for the process that reaps it.
    ///
    /// - Parameters:
    ///   - agents: the number of cgroup.procs descriptors of the agent's cgroup.
    ///   - runs: the number of cgroup.procs and view descriptors of the run's cgroup, which follow.
    private func programs(
        _ request: LaunchRequest, _ program: GuestProgram, agents: Int, runs: Int
    ) -> [[ChildStep]] {
        let first = Given.cgroupProcs.number
        let own = first + Int32(agents)
        let given =
            [Given.input.number, Given.output.number, Given.errors.number]
            + (0..<Int32(runs) + Int32(program.channels)).map { own + $0 }
        return [
            Self.entering((first..<own).map(\.self))
                + SandboxLayout.building(request, sync: Given.sync.number, masks: root.masks, view: root.view),
            ProgramSteps(program, descriptors: given, destination: .continues, view: root.view).steps,
            SandboxLayout.reaper(socket: Given.agent.number, events: Given.events.number, null: Given.null.number),
        ]
    }

    /// Sends the steps to the zygote and returns the child from its answer. A zygote that fails is not used again.
    private mutating func send(
        _ message: [UInt8], _ descriptors: [Descriptor], to zygote: MessageSocket, _ number: UInt32
    ) throws(SystemError) -> ChildProcess {
        do throws(SystemError) {
            _ = try zygote.send(message[...], descriptors: descriptors)
            let isReadable = try poll([PollEntry(zygote.descriptor.number)], milliseconds: Self.patience)[0]
                .isReadable
            guard isReadable, case .message(let answer, let received) = try zygote.receive(limit: 4),
                answer.count == 4
            else { throw SystemError("fork the zygote", number: SystemError.timedOut) }
            let result = answer.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
            guard result == 0, let pidfd = received.first else {
                throw SystemError("fork the zygote", number: -result)
            }
            return try ChildProcess(pidfd: pidfd)
        } catch {
            zygotes[number] = nil
            throw error
        }
    }

    /// The most milliseconds for a fork. It usually takes less than one.
    private static let patience: Int32 = 1000
}
