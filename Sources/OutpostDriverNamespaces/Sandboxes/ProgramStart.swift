// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The messages that start a program.
@Reactor
struct ProgramStart {
    /// Why the program cannot be started. It becomes the end of the program.
    struct Refusal: Error {
        let ending: NamespaceRun.Ending

        init(_ stage: GuestEvent.Stage, errno: Int32, detail: String = "") {
            ending = .refused(stage, position: 0, errno: errno, detail: detail)
        }
    }

    /// The parts of the program's files, in order. They must be sent before `start`.
    let stages: [GuestRequest]
    let start: GuestRequest
    let descriptors: [Descriptor]

    /// Makes the messages.
    ///
    /// - Parameters:
    ///   - number: the agent's number of the process.
    ///   - cgroupProcs: the descriptors of `cgroup.procs` for the program's cgroups, and the mounts that show them in
    ///     the sandbox.
    ///   - own: become the program's descriptors from 3 on.
    /// - Throws: `Refusal` for too many descriptors or too long arguments.
    init(
        _ program: ProgramSpec, _ run: NamespaceRun, number: UInt32, cgroupProcs: [Descriptor],
        channel own: [Descriptor],
        filters: [[UInt8]], isZygote: Bool, task: GuestProgram.Task = .program
    ) throws(Refusal) {
        descriptors = try Self.descriptors(program, run, cgroupProcs, own)
        var guest = GuestProgram(
            program, process: number, descriptors: UInt8(descriptors.count), filters: filters,
            channels: UInt8(own.count), processors: run.processors, isZygote: isZygote)
        guest.task = task
        if run.reportsStart { guest.reports = .start }
        guest.streams = run.streams.description(of: number)
        start = .start(guest)
        // The agent ends at a longer frame, and with it every run in the sandbox.
        guard start.frame.payload.count <= Frame.largestPayload else {
            throw Refusal(.execute, errno: SystemError.argumentsTooLong)
        }
        stages = program.files.flatMap { Self.parts(of: $0, number) }
    }

    private static func descriptors(
        _ program: ProgramSpec, _ run: NamespaceRun, _ cgroupProcs: [Descriptor], _ own: [Descriptor]
    ) throws(Refusal) -> [Descriptor] {
        var streams = run.streams.programEnds
        var sources: [Descriptor] = []
        do throws(SystemError) {
            if let pipes = program.pipes {
                // The program's own pipes are closed after the start and end at once.
                streams[0] = try Descriptor.duplicate(of: pipes.input)
                streams[1] = try Descriptor.duplicate(of: pipes.output)
            }
            for file in program.fileRegions { sources.append(try Descriptor.duplicate(of: file.source)) }
        } catch {
            throw Refusal(.setup, errno: error.number, detail: error.operation)
        }
        let all = streams + cgroupProcs + sources + own
        // The agent would receive none of them and end.
        guard all.count <= MessageSocket.mostDescriptors else {
            throw Refusal(.setup, errno: SystemError.tooManyFiles, detail: "send the descriptors")
        }
        return all
    }

    private static func parts(of file: SandboxFile, _ number: UInt32) -> [GuestRequest] {
        stride(from: 0, to: max(1, file.content.count), by: partSize).map { offset in
            .stage(
                process: number, path: file.path, mode: file.mode,
                part: Array(file.content[offset..<min(offset + partSize, file.content.count)]))
        }
    }

    private static let partSize = 512 << 10
}
