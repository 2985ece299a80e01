// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
public import OutpostLinux
public import OutpostWire

/// The way of a program from its clone to its own first instruction: everything that holds it in.
public struct ProgramSteps {
    /// What is at the end of the way.
    public enum Destination: Sendable {
        /// Another program is executed.
        case executes
        /// The process goes on as it is: a fork of an interpreter.
        case continues

        /// The number that a channel's descriptor gets. The agent has 3 and 4 itself, so none that it was sent is in their
        /// place. An interpreter that goes on has 3 for this, and others of its own below the last of these numbers.
        func channel(_ position: Int) -> Int32 {
            switch self {
            case .executes: 3 + Int32(position)
            case .continues: position == 0 ? 3 : firstGiven - Int32(position)
            }
        }
    }

    let process: UInt32
    public private(set) var steps: [ChildStep] = []
    /// For each step, what a failure there means.
    private var meanings: [(stage: GuestEvent.Stage, position: Int)] = []

    /// - Parameters:
    ///   - files: written before the program starts.
    ///   - descriptors: what came with the program, by number.
    ///   - view: what it sees of its cgroup. Its mounts are among the descriptors, behind the cgroup.procs descriptors of the cgroup.
    ///   - isAlone: whether nothing else runs in the sandbox, so that this may be seen in all of it.
    ///   - worker: the agent's own image, and the agent's user id, for a worker.
    public init(
        _ program: GuestProgram, files: [StagedFiles.File] = [], descriptors: [Int32],
        destination: Destination = .executes, view: CgroupView = CgroupView(),
        isAlone: Bool = true, worker: (image: Int32, owner: UInt32)? = nil
    ) {
        process = program.process
        var cgroupProcs = descriptors.dropFirst(3)
        let channels = cgroupProcs.suffix(Int(program.channels))
        cgroupProcs = cgroupProcs.dropLast(channels.count)
        let sources = cgroupProcs.suffix(program.copies.count)
        cgroupProcs = cgroupProcs.dropLast(program.copies.count)
        let mounts = cgroupProcs.suffix(view.hierarchies.count)
        cgroupProcs = cgroupProcs.dropLast(mounts.count)
        // Into the cgroup before anything else, so that all that follows is charged to the run.
        for procs in cgroupProcs { add(.write(descriptor: procs, Array("0".utf8))) }
        // What a run leaves in System V IPC is charged to a cgroup that is gone, so it must go with the run.
        // Of others that run in the sandbox each has another cgroup to be seen. A mount namespace costs more than all other
        // steps together, at the end of the program above all, so it is made for those only.
        // A worker asks nobody what its limits are.
        let seesView = program.task == .program
        let ownMounts = isAlone || view.hierarchies.isEmpty || !seesView ? 0 : NamespaceFlags.mounts
        add(.unshare(NamespaceFlags.cgroup | NamespaceFlags.ipc | ownMounts))
        if seesView { for step in view.steps(Array(mounts), isFirst: isAlone) { add(step) } }
        // The spawner has done it for one that goes on, and for the process that made this one, if no other came between.
        if destination == .executes, !program.processors.isEmpty { add(.setAffinity(program.processors)) }
        add(.newSession)
        for target in 0..<3 { add(.duplicate(descriptors[target], to: Int32(target))) }
        if case .terminal = program.streams { add(.setControllingTerminal) }
        for (position, channel) in channels.enumerated() {
            add(.duplicate(channel, to: destination.channel(position)))
        }
        switch destination {
        case .executes:
            if let worker { add(.duplicate(worker.image, to: Self.workerImage)) }
            add(.closeFrom(3 + UInt32(worker == nil ? channels.count : 1)))
        // What the interpreter itself has open stays: it is in the middle of reading its own configuration.
        case .continues: add(.closeFrom(UInt32(Self.firstGiven), atOnce: true))
        }
        for limit in program.limits {
            guard let resource = ResourceLimit(rawValue: limit.resource) else { continue }
            // Who is bounded itself, and may not change that, can leave nobody without a bound.
            let most = limit.hard == .max ? CreatorLimits.bound(resource) : .max
            add(.limit(resource, soft: min(limit.soft, most), hard: min(limit.hard, most)))
        }
        dropPrivileges(program, owner: worker?.owner)
        // An interpreter that waits makes it itself: until then it may be another program's.
        let folder = program.folder.flatMap { $0.options.contains(.waits) ? nil : $0 }
        let behind = files.count + program.copies.count
        if let folder, folder.options.contains(.isNew) { add(.clearRunFolder(folder), .file, position: behind) }
        // Written by the program's own user and charged to its cgroup: the agent's rights are not lent to a path that the
        // sandbox may have prepared.
        for (position, file) in files.enumerated() {
            add(.writeFile(file.path, file.content, mode: file.mode), .file, position: position)
        }
        for (position, (copy, source)) in zip(program.copies, sources).enumerated() {
            add(
                .copyFile(
                    copy.path, from: source, offset: copy.offset, size: copy.size, mode: copy.mode), .file,
                position: files.count + position)
        }
        if let folder {
            for step in folder.furnishing { add(step, .file, position: behind) }
        }
        add(.changeDirectory(program.directory), .directory)
        add(.processControl(ProcessControl.noNewPrivileges, 1))
        // An exec gives a process its own /proc files back, and a process that goes on must take them.
        if destination == .continues { add(.processControl(ProcessControl.dumpable, 1)) }
        for filter in program.filters { add(.seccomp(filter)) }
        guard destination == .executes else { return }
        if worker == nil { execute(program) } else { executeWorker() }
    }

    /// The number at which a worker finds its own image, which it closes.
    private static let workerImage: Int32 = 3

    private mutating func executeWorker() {
        add(.executeDescriptor(Self.workerImage, arguments: ["outpost-init", "worker"], environment: []), .execute)
    }

    /// From this number on a process that goes on finds the descriptors that it was sent, and no other.
    public static let firstGiven: Int32 = 100

    private mutating func execute(_ program: GuestProgram) {
        let path = program.environment.last { $0.utf8.starts(with: "PATH=".utf8) }.map {
            String(Substring($0.utf8.dropFirst(5)))
        }
        add(
            .execute(
                program.arguments.first ?? "", searchPath: path ?? "/usr/bin:/bin", arguments: program.arguments,
                environment: program.environment), .execute)
    }

    private mutating func add(_ step: ChildStep, _ stage: GuestEvent.Stage = .setup, position: Int = 0) {
        steps.append(step)
        meanings.append((stage, position))
    }

    /// The bounding set and the securebits go while the capability to change them is there; after this no set holds
    /// anything, and uid 0 gains nothing by exec.
    private mutating func dropPrivileges(_ program: GuestProgram, owner: UInt32?) {
        add(.keepBounding([]))
        // NOROOT, NO_SETUID_FIXUP, KEEP_CAPS (cleared) and NO_CAP_AMBIENT_RAISE, each locked: capabilities(7).
        add(.processControl(ProcessControl.secureBits, 0xef))
        if let owner {
            add(.actAs(uid: program.uid, gid: program.gid, owner: owner))
        } else {
            add(.setIDs(uid: program.uid, gid: program.gid))
        }
        add(.capabilities([], ambient: []))
    }

    /// What is needed to tell of a failed step, without the content of files.
    public var forRefusal: ProgramSteps {
        var light = self
        for index in steps.indices {
            switch steps[index] {
            case .writeFile(let path, _, let mode): light.steps[index] = .writeFile(path, [], mode: mode)
            case .seccomp: light.steps[index] = .seccomp([])
            case .execute(let program, let path, _, _):
                light.steps[index] = .execute(program, searchPath: path, arguments: [], environment: [])
            default: break
            }
        }
        return light
    }

    /// The event that tells the host about a failed step.
    public func refusal(_ failure: ChildProcess.Failure) -> GuestEvent {
        guard steps.indices.contains(failure.step) else {
            return .refused(process: process, stage: .setup, position: 0, errno: failure.number, detail: "unknown step")
        }
        let meaning = meanings[failure.step]
        return .refused(
            process: process, stage: meaning.stage, position: UInt32(meaning.position), errno: failure.number,
            detail: steps[failure.step].label)
    }
}
