// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The steps that build a sandbox in a child, and the paths during the build.
enum SandboxLayout {
    /// The agent's uid in the sandbox. It is neither root nor the program's user, so neither can signal it or change its
    /// limits.
    static let agentID: UInt32 = 64_000
    /// The agent's capabilities in the sandbox's user namespace: to set the program's ids, to drop the program's
    /// capabilities, and to make the program's cgroup namespace.
    static let agentCapabilities: Capabilities = [.setUID, .setGID, .setPrivileges, .administerSystem]
    /// The number of the agent's end of the socket with its requests.
    static let agentSocket: Int32 = 3
    /// The number of the agent's end of the pipe for its events.
    static let agentEvents: Int32 = 4

    /// The directory in the spawner's root where the child attaches the sandbox's storage.
    static let stage = "/stage"
    /// The sandbox's root during the build.
    static let root = "/stage/root"

    /// All steps from the clone to the agent.
    static func steps(
        _ request: LaunchRequest, sync: Int32, socket: Int32, events: Int32, null: Int32, image: Int32,
        masks: ProcMasks,
        view: CgroupView = CgroupView()
    ) -> [ChildStep] {
        building(request, sync: sync, masks: masks, view: view)
            + agent(socket: socket, events: events, null: null, image: image, view: view)
    }

    /// The steps that build the sandbox and make it the child's root.
    static func building(
        _ request: LaunchRequest, sync: Int32, masks: ProcMasks, view: CgroupView
    ) -> [ChildStep] {
        let usesDisk = if case .disk = request.storage { true } else { false }
        let mounts = mounts(request).count
        let others = view.placeholders.isEmpty ? [] : [CgroupPlaceholders.step(mounts)]
        var steps: [ChildStep] = [
            .receiveDescriptors(socket: sync, count: mounts + others.count),
            .setIDs(uid: 0, gid: 0),
            .fileModeMask(0o022),
        ]
        steps += storage(request)
        steps += overlays(request)
        steps += pseudoFileSystems(request, usesDisk: usesDisk, masks: masks)
        steps += inside(request, others)
        return steps
    }

    private static func storage(_ request: LaunchRequest) -> [ChildStep] {
        var steps: [ChildStep] = []
        switch request.storage {
        case .memory(let bytes, let files):
            steps.append(
                .mount(
                    source: "sandbox", target: stage, type: "tmpfs",
                    options: "size=\(bytes),nr_inodes=\(files),mode=0755", flags: MountFlags.plain))
        case .disk:
            steps.append(attach(.storage, at: stage, request))
        }
        return steps + directories(request).map { .makeDirectory($0, mode: 0o755) }
    }

    private static func pseudoFileSystems(
        _ request: LaunchRequest, usesDisk: Bool, masks: ProcMasks
    ) -> [ChildStep] {
        func scratch(_ target: String) -> ChildStep {
            let options = "size=\(request.scratchBytes),nr_inodes=\(max(1024, request.scratchBytes / 16_384)),mode=1777"
            return .mount(source: "tmpfs", target: target, type: "tmpfs", options: options, flags: MountFlags.plain)
        }
        var steps: [ChildStep] = [
            attach(.devices, at: "\(root)/dev", request),
            scratch("\(root)/dev/shm"),
            .mount(
                source: "proc", target: "\(root)/proc", type: "proc", options: "hidepid=invisible",
                flags: MountFlags.plain | MountFlags.noExecute),
        ]
        if !request.isRootReadOnly && !request.isZygote { steps.append(KernelSettings.terminals(root: root)) }
        // In memory the whole root is new. On a disk an earlier run can have left files in /tmp, which must stay hidden.
        if usesDisk { steps.append(scratch("\(root)/tmp")) }
        // A zygote's children mount a new /proc. The kernel allows that only if an existing /proc has no mounts over it
        // (mount_namespaces(7)). The children also make user namespaces, which `bounds` would forbid.
        if request.isZygote { return steps + [.makeDirectory("\(root)\(stage)", mode: 0o755)] }
        return steps + KernelSettings.bounds(root: root) + masks.steps(root: root) + KernelSettings.identity(root: root)
    }

    private static func inside(_ request: LaunchRequest, _ placeholders: [ChildStep]) -> [ChildStep] {
        var steps: [ChildStep] = [.pivotRoot(root)]
        // From here on paths resolve inside the sandbox. A link that an earlier run left there cannot lead outside.
        steps.append(ProcessorList.step(request))
        steps += placeholders
        steps.append(.makeDirectory("/root", mode: 0o700))
        steps.append(.makeDirectory("/home/sandbox", mode: 0o755, owner: 1000))
        var path = ""
        let parts = request.workingDirectory.pathComponents
        for (index, part) in parts.enumerated() {
            path += "/" + part
            let owner = index == parts.count - 1 ? request.owner : nil
            // The client chose the path. If it cannot be made, a later step fails to enter it and reports the client's error.
            steps.append(.makeDirectory(path, mode: 0o755, owner: owner, isOptional: true))
        }
        if request.isRootReadOnly { steps += readOnlyRoot(request) }
        steps.append(.setHostname(request.hostname))
        steps.append(.loopbackUp)
        return steps
    }

    /// The steps that make the root read-only. The writable directories become mounts of their own first, so the attribute of
    /// the root does not affect them.
    private static func readOnlyRoot(_ request: LaunchRequest) -> [ChildStep] {
        let plain = MountAttributes([.noSetUID, .noDevices]).rawValue
        let readOnly = MountAttributes([.readOnly, .noSetUID, .noDevices]).rawValue
        // A mount over /proc or /dev would uncover hidden files or hide the devices.
        let isKernels = ["proc", "dev"].contains(request.workingDirectory.pathComponents.first ?? "")
        let workingDirectory = ChildStep.bind(
            source: request.workingDirectory, target: request.workingDirectory, attributes: plain, isOptional: true)
        return [.bind(source: "/tmp", target: "/tmp", attributes: plain)] + (isKernels ? [] : [workingDirectory]) + []
            + request.layers.places.reversed().map {
                .restrictMount($0.path.isEmpty ? "/" : $0.path, attributes: readOnly)
            }
    }

    /// The steps from the built sandbox to the agent.
    ///
    /// No parameter may be a number that an earlier `duplicate` step replaces.
    static func agent(
        socket: Int32, events: Int32, null: Int32, image: Int32, view: CgroupView
    ) -> [ChildStep] {
        [
            .newSession,
            .duplicate(null, to: 0),
            .duplicate(null, to: 1),
            .duplicate(null, to: 2),
            .duplicate(socket, to: agentSocket),
            .duplicate(events, to: agentEvents),
            .closeFrom(UInt32(agentEvents) + 1),
            // Limits of the agent itself, which is in no run's cgroup.
            .limit(.coreSize, soft: GuestProgram.coreBytes, hard: GuestProgram.coreBytes),
            .limit(.openFiles, soft: GuestProgram.openFiles, hard: GuestProgram.openFiles),
            .keepBounding(agentCapabilities),
            .processControl(ProcessControl.keepCapabilities, 1),
            .setIDs(uid: agentID, gid: agentID),
            .capabilities(agentCapabilities, ambient: agentCapabilities),
            .processControl(ProcessControl.noNewPrivileges, 1),
            .processControl(ProcessControl.parentDeathSignal, UInt64(SignalNumber.kill)),
            .executeDescriptor(
                image, arguments: ["outpost-init", "guest"] + view.arguments,
                environment: []),
        ]
    }

    /// The steps from the built sandbox to a first process that only reaps. It is for a sandbox whose only program is its
    /// child already. The process continues without an exec and without any capability.
    static func reaper(socket: Int32, events: Int32, null: Int32) -> [ChildStep] {
        [
            .newSession,
            .duplicate(null, to: 0),
            .duplicate(null, to: 1),
            .duplicate(null, to: 2),
            .duplicate(socket, to: agentSocket),
            .duplicate(events, to: agentEvents),
            .limit(.coreSize, soft: GuestProgram.coreBytes, hard: GuestProgram.coreBytes),
            .limit(.openFiles, soft: 16, hard: 16),
            .keepBounding([]),
            .setIDs(uid: agentID, gid: agentID),
            .capabilities([], ambient: []),
            .processControl(ProcessControl.noNewPrivileges, 1),
            .processControl(ProcessControl.parentDeathSignal, UInt64(SignalNumber.kill)),
            // After a change of ids its /proc files belong to root (proc(5)).
            .processControl(ProcessControl.dumpable, 1),
            // If the machine runs out of memory, the kernel kills sandboxes before the host's processes.
            .writeSetting("/proc/self/oom_score_adj", "1000"),
            .processControl(ProcessControl.dumpable, 0),
            .closeFrom(UInt32(agentEvents) + 1, atOnce: true),
        ]
    }
}
