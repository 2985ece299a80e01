// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Where things are while a sandbox is built, and the steps that build it.
enum SandboxLayout {
    /// The agent's id inside: neither root nor the program's user, so that neither may signal it or change its limits.
    static let agentID: UInt32 = 64_000
    /// What the agent needs in its own user namespace: to change to the program's ids, to drop the program's
    /// capabilities, and to give the program a cgroup namespace of its own.
    static let agentCapabilities: Capabilities = [.setUID, .setGID, .setPrivileges, .administerSystem]
    /// The agent's end of its socket, from which it takes requests.
    static let agentSocket: Int32 = 3
    /// Its end of the pipe for its events.
    static let agentEvents: Int32 = 4

    // Directories of the spawner's own small root.
    static let stage = "/stage"
    static let root = "/stage/root"

    /// The way of a child from clone to the agent.
    static func steps(
        _ request: LaunchRequest, sync: Int32, socket: Int32, events: Int32, null: Int32, image: Int32,
        masks: ProcMasks,
        view: CgroupView = CgroupView()
    ) -> [ChildStep] {
        building(request, sync: sync, masks: masks, view: view)
            + agent(socket: socket, events: events, null: null, image: image, view: view)
    }

    /// The way to the inside of a sandbox that is built.
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
        // In memory the whole root is new anyway; on a disk what an earlier run left in /tmp must not be seen.
        if usesDisk { steps.append(scratch("\(root)/tmp")) }
        // A zygote's children mount /proc anew, which the kernel lets them only where one is seen whole
        // (mount_namespaces(7)); and they have user namespaces of their own.
        if request.isZygote { return steps + [.makeDirectory("\(root)\(stage)", mode: 0o755)] }
        return steps + KernelSettings.bounds(root: root) + masks.steps(root: root) + KernelSettings.identity(root: root)
    }

    private static func inside(_ request: LaunchRequest, _ placeholders: [ChildStep]) -> [ChildStep] {
        var steps: [ChildStep] = [.pivotRoot(root)]
        // From here on paths resolve inside the sandbox, so a link that an earlier run planted leads nowhere else.
        steps.append(ProcessorList.step(request))
        steps += placeholders
        steps.append(.makeDirectory("/root", mode: 0o700))
        steps.append(.makeDirectory("/home/sandbox", mode: 0o755, owner: 1000))
        var path = ""
        let parts = request.workingDirectory.pathComponents
        for (index, part) in parts.enumerated() {
            path += "/" + part
            let owner = index == parts.count - 1 ? request.owner : nil
            // The path is the client's; where it cannot be made, entering it is refused later, as the client's mistake.
            steps.append(.makeDirectory(path, mode: 0o755, owner: owner, isOptional: true))
        }
        if request.isRootReadOnly { steps += readOnlyRoot(request) }
        steps.append(.setHostname(request.hostname))
        steps.append(.loopbackUp)
        return steps
    }

    /// What may be written becomes a mount of its own, which the root's attribute does not reach.
    private static func readOnlyRoot(_ request: LaunchRequest) -> [ChildStep] {
        let plain = MountAttributes([.noSetUID, .noDevices]).rawValue
        let readOnly = MountAttributes([.readOnly, .noSetUID, .noDevices]).rawValue
        // A mount over these would uncover what is hidden there, or take the devices away.
        let isKernels = ["proc", "dev"].contains(request.workingDirectory.pathComponents.first ?? "")
        let workingDirectory = ChildStep.bind(
            source: request.workingDirectory, target: request.workingDirectory, attributes: plain, isOptional: true)
        return [.bind(source: "/tmp", target: "/tmp", attributes: plain)] + (isKernels ? [] : [workingDirectory]) + []
            + request.layers.places.reversed().map {
                .restrictMount($0.path.isEmpty ? "/" : $0.path, attributes: readOnly)
            }
    }

    /// The way from there to the agent.
    ///
    /// None of these descriptors may be one that an earlier step takes the place of.
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
            // Bounds for the agent itself, which is in no run's cgroup.
            .limit(.coreSize, soft: GuestProgram.coreBytes, hard: GuestProgram.coreBytes),
            .limit(.openFiles, soft: GuestProgram.openFiles, hard: GuestProgram.openFiles),
            .keepBounding(agentCapabilities),
            .processControl(ProcessControl.keepCapabilities, 1),
            .setIDs(uid: agentID, gid: agentID),
            .capabilities(agentCapabilities, ambient: agentCapabilities),
            .processControl(ProcessControl.noNewPrivileges, 1),
            .processControl(ProcessControl.parentDeathSignal, UInt64(SignalNumber.kill)),
            .executeDescriptor(image, arguments: ["outpost-init", "guest"] + view.hierarchies, environment: []),
        ]
    }

    /// The way from there to a first process that only reaps, for a sandbox whose one program is its child already: it
    /// goes on as it is, and needs no right at all.
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
            // A change of ids took its own /proc files from it (proc(5)).
            .processControl(ProcessControl.dumpable, 1),
            // When the machine itself runs out of memory, a sandbox goes before anything of the host.
            .writeSetting("/proc/self/oom_score_adj", "1000"),
            .processControl(ProcessControl.dumpable, 0),
            .closeFrom(UInt32(agentEvents) + 1, atOnce: true),
        ]
    }
}
