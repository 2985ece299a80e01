// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostLinux
import OutpostWire

/// Sandboxes whose first program is a fork of an interpreter that runs already.
///
/// The template makes the child, because only it can copy itself; this process gives the child its ids and mounts, as it
/// does for its own children. A template that misbehaves can make its children fail, and reach nothing else: it has no
/// capability, and its answer is nothing but a pidfd.
extension SpawnerHost {
    /// What comes with a request to fork, in this order.
    private enum Part: Int {
        case agent, events, job, answers, input, output, errors

        static let count = 7
    }

    /// Where the child finds what it is sent, as numbers; the entrances of both cgroups and the channel of two pipes follow.
    /// The position of `failures` is known to PythonStarter/starter.c too.
    private enum Given: Int32 {
        case sync, agent, events, null, failures, input, output, errors, entrances

        var number: Int32 { ProgramSteps.firstGiven + rawValue }
    }

    /// - Returns: what tells of a failed step.
    /// - Throws: `SystemError`: the step that failed; nothing is left then but a child that ends by itself.
    mutating func fork(
        _ number: UInt32, _ request: LaunchRequest, run: UInt64, program: GuestProgram, parts: [Descriptor],
        null: Descriptor
    ) throws(SystemError) -> Descriptor {
        guard isFree(request), parts.count == Part.count else {
            throw SystemError("take the id range \(request.slot)", number: SystemError.busy)
        }
        guard let template = templates[number], let nest = sandboxes[number]?.child else {
            throw SystemError("find the template \(number)", number: SystemError.notFound)
        }
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        ours.endReceiving()
        let failures = try Descriptor.pipe(nonBlockingRead: true)
        let entrances = try tree.entrances(Self.name(run))
        let descriptors =
            [theirs.descriptor, parts[Part.agent.rawValue], parts[Part.events.rawValue], null, failures.write]
            + parts[Part.input.rawValue...] + agentEntrances + entrances
            + parts[Part.job.rawValue...Part.answers.rawValue]
        let message = PackedSteps.encode(programs(request, program, entrances: entrances.count))
        let child = try send(message, descriptors, to: template, number)
        theirs.descriptor.closeNow()
        do throws(SystemError) {
            let disk = try equip(child.pid, request, in: nest, through: ours)
            sandboxes[request.slot] = LiveSandbox(child: child, isForeign: true, disk: disk)
            return failures.read
        } catch {
            try child.signal(SignalNumber.kill)
            throw error
        }
    }

    /// The steps that build the sandbox, those of the interpreter after its fork, and those of the process that reaps it.
    private func programs(_ request: LaunchRequest, _ program: GuestProgram, entrances: Int) -> [[ChildStep]] {
        let first = Given.entrances.number
        let own = first + Int32(agentEntrances.count)
        let given =
            [Given.input.number, Given.output.number, Given.errors.number]
            + (0..<Int32(entrances) + Int32(program.channels)).map { own + $0 }
        let enter = agentEntrances.indices.map { ChildStep.write(descriptor: first + Int32($0), Array("0".utf8)) }
        return [
            enter + SandboxLayout.building(request, sync: Given.sync.number, masks: root.masks),
            ProgramSteps(program, descriptors: given, destination: .goesOn).steps,
            SandboxLayout.reaper(socket: Given.agent.number, events: Given.events.number, null: Given.null.number),
        ]
    }

    /// A template that does not answer in time is none any more.
    private mutating func send(
        _ message: [UInt8], _ descriptors: [Descriptor], to template: MessageSocket, _ number: UInt32
    ) throws(SystemError) -> ChildProcess {
        do throws(SystemError) {
            _ = try template.send(message[...], descriptors: descriptors)
            let isReadable = try poll([PollEntry(template.descriptor.number)], milliseconds: Self.patience)[0]
                .isReadable
            guard isReadable, case .message(let answer, let received) = try template.receive(limit: 4),
                answer.count == 4
            else { throw SystemError("fork the template", number: SystemError.timedOut) }
            let result = answer.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
            guard result == 0, let pidfd = received.first else {
                throw SystemError("fork the template", number: -result)
            }
            return try ChildProcess(pidfd: pidfd)
        } catch {
            templates[number] = nil
            throw error
        }
    }

    /// How long a template may take to fork, in milliseconds; it takes less than one.
    private static let patience: Int32 = 1000
}
