// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
public import OutpostLinux
public import OutpostWire

/// The steps of a program from its clone to its first instruction. They confine the program: its cgroup, limits, user ids,
/// capabilities and seccomp filters.
public struct ProgramSteps {
    /// What the process does after the steps.
    public enum Destination: Sendable {
        /// It executes a program.
        case executes
        /// It continues without an exec: a fork of a zygote's interpreter.
        case continues

        /// The number that the descriptor of a channel gets. The agent uses 3 and 4 itself, so no descriptor that it received
        /// has these numbers. In a forked interpreter the first channel gets 3, and others get numbers just below
        /// `firstGiven`, above the interpreter's own descriptors.
        func channel(_ position: Int) -> Int32 {
            switch self {
            case .executes: 3 + Int32(position)
            case .continues: position == 0 ? 3 : firstGiven - Int32(position)
            }
        }
    }

    let process: UInt32
    /// The steps, in order.
    public private(set) var steps: [ChildStep] = []
    /// For each step, the stage and position that a failure is reported with.
    private var meanings: [(stage: GuestEvent.Stage, position: Int)] = []

    /// The number from which on a forked process finds the descriptors that it was sent, and no others.
    public static let firstGiven: Int32 = 100
    /// The number of a worker's descriptor of the agent's image. The worker closes it.
    private static let workerImage: Int32 = 3
    /// The argument of a worker with a channel, which is its descriptor 4.
    public static let pipesArgument = "pipes"

    /// Plans the steps of a program.
    ///
    /// - Parameters:
    ///   - files: the staged files, written before the program starts.
    ///   - descriptors: the numbers of the descriptors that came with the program, in the order of `GuestProgram`.
    ///   - view: the cgroup files that the program sees. Their mounts come after the cgroup.procs descriptors.
    ///   - isAlone: whether no other program runs in the sandbox. The view is then attached in the sandbox's own mount
    ///     namespace.
    ///   - worker: for a worker, the descriptor of the agent's image and the agent's user id.
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
        let mounts = cgroupProcs.suffix(view.mountCount)
        cgroupProcs = cgroupProcs.dropLast(mounts.count)
        // The process joins its cgroup first, so that all other steps are charged to the run.
        for procs in cgroupProcs { add(.write(descriptor: procs, Array("0".utf8))) }
        // The run gets an IPC namespace: its System V objects must end with its cgroup, which they are charged to.
        // It gets a mount namespace only beside other programs, because each of them sees another cgroup. A mount namespace
        // costs more than all other steps together, mostly at the program's end.
        // A worker does not read its limits, so it needs no view.
        let seesView = program.task == .program
        let ownMounts = isAlone || view.hierarchies.isEmpty || !seesView ? 0 : NamespaceFlags.mounts
        add(.unshare(NamespaceFlags.cgroup | NamespaceFlags.ipc | ownMounts))
        if seesView { for step in view.steps(Array(mounts), isFirst: isAlone) { add(step) } }
        // For a forked interpreter the spawner has set the affinity.
        if destination == .executes, !program.processors.isEmpty { add(.setAffinity(program.processors)) }
        add(.newSession)
        for target in 0..<3 { add(.duplicate(descriptors[target], to: Int32(target))) }
        if case .terminal = program.streams { add(.setControllingTerminal) }
        for (position, channel) in channels.enumerated() {
            add(.duplicate(channel, to: destination.channel(position + (worker == nil ? 0 : 1))))
        }
        switch destination {
        case .executes:
            if let worker { add(.duplicate(worker.image, to: Self.workerImage)) }
            add(.closeFrom(3 + UInt32(channels.count + (worker == nil ? 0 : 1))))
        // The interpreter's own descriptors stay open: it is just reading its configuration files.
        case .continues: add(.closeFrom(UInt32(Self.firstGiven), atOnce: true))
        }
        for limit in program.limits {
            guard let resource = ResourceLimit(rawValue: limit.resource) else { continue }
            // A process without CAP_SYS_RESOURCE cannot give a child more than its own hard limit.
            let most = limit.hard == .max ? CreatorLimits.bound(resource) : .max
            add(.limit(resource, soft: min(limit.soft, most), hard: min(limit.hard, most)))
        }
        dropPrivileges(program, owner: worker?.owner)
        // A warm interpreter makes the folder itself when it gets its program. Until then another program may have it.
        let folder = program.folder.flatMap { $0.options.contains(.waits) ? nil : $0 }
        let behind = files.count + program.copies.count
        if let folder, folder.options.contains(.isNew) { add(.clearRunFolder(folder), .file, position: behind) }
        // The program's user writes the files, charged to its cgroup. The agent must not write them with its own rights,
        // because a program of the sandbox can have prepared the paths.
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
        // An exec makes a process dumpable again, which gives it its own /proc files (prctl(2), PR_SET_DUMPABLE). A process
        // without an exec must do that itself.
        if destination == .continues { add(.processControl(ProcessControl.dumpable, 1)) }
        for filter in program.filters { add(.seccomp(filter)) }
        guard destination == .executes else { return }
        if worker == nil { execute(program) } else { executeWorker(hasChannel: !channels.isEmpty) }
    }

    private mutating func executeWorker(hasChannel: Bool) {
        let arguments = ["outpost-init", "worker"] + (hasChannel ? [Self.pipesArgument] : [])
        add(.executeDescriptor(Self.workerImage, arguments: arguments, environment: []), .execute)
    }

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

    /// Empties all capability sets. The bounding set and the securebits are changed first, while the process has the
    /// capability for that. With the securebits uid 0 gains no capability by an exec.
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

    /// A copy that can still report a failed step, without file contents, filters and arguments.
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

    /// Returns the event that reports a failed step to the host.
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
