// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

extension SpawnerHost {
    /// Whether the slot is unused and is for this kind of sandbox.
    func isFree(_ request: LaunchRequest) -> Bool {
        let ranges =
            request.isZygote
            ? configuration.ordinarySlots..<configuration.slots : 0..<configuration.ordinarySlots
        return ranges.contains(request.slot) && sandboxes[request.slot] == nil
    }

    /// Starts a sandbox. The child completes the start on its own after this call.
    ///
    /// - Returns: the pipe on which the child reports a failed step. Its end of file without data means that the agent runs.
    /// - Throws: `SystemError`. Nothing is left then.
    mutating func launch(
        _ request: LaunchRequest, socket: Descriptor, events: Descriptor, null: Descriptor, image: Descriptor
    ) throws(SystemError) -> Descriptor {
        guard isFree(request) else {
            throw SystemError("use the uid range \(request.slot)", number: SystemError.busy)
        }
        let group = try groups.acquire(request.tenant)
        do throws(SystemError) {
            return try launch(request, in: group, socket: socket, events: events, null: null, image: image)
        } catch {
            sealedDisks.release(request.slot)
            groups.release(group, now: monotonicNanoseconds())
            throw error
        }
    }

    private mutating func launch(
        _ request: LaunchRequest, in group: SandboxCgroup, socket: Descriptor, events: Descriptor, null: Descriptor,
        image: Descriptor
    ) throws(SystemError) -> Descriptor {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        ours.endReceiving()
        let failures = try Descriptor.pipe(nonBlockingRead: true)
        for end in [theirs.descriptor, failures.write, socket, events, null, image]
        where end.number <= SandboxLayout.agentEvents {
            throw SystemError("pass the agent its descriptors", number: SystemError.busy)
        }
        let cgroupProcs = try tree.cgroupProcs(group.agent)
        let steps =
            Self.entering(cgroupProcs.map(\.number))
            + SandboxLayout.steps(
                request, sync: theirs.descriptor.number, socket: socket.number, events: events.number,
                null: null.number, image: image.number, masks: root.masks, view: root.view)
        // The mount needs the file now. The request for each run sets its content.
        if !hasList(request.slot) { try list(all, slot: request.slot) }
        // The steps have only the numbers of descriptors, so the descriptors must stay open until the clone.
        let child = try withExtendedLifetime((cgroupProcs, theirs)) { () throws(SystemError) in
            try ChildProcess.clone(
                sandboxed: true, creator: firstID(request.slot), failures: failures.write, steps)
        }
        do throws(SystemError) {
            let disk = try equip(child.pid, request, through: ours)
            sandboxes[request.slot] = LiveSandbox(child: child, group: group, disk: disk)
            return failures.read
        } catch {
            try child.signal(SignalNumber.kill)
            _ = try child.wait()
            throw error
        }
    }

    /// Writes the child's id maps and sends it the mounts that need the host's root.
    ///
    /// - Parameter zygote: the process of the zygote's sandbox that made the child; nil for a child of this process.
    /// - Returns: the sandbox's disk; nil without one.
    mutating func equip(
        _ pid: Int32, _ request: LaunchRequest, in zygote: ChildProcess? = nil, through socket: MessageSocket
    ) throws(SystemError) -> MountedDisk? {
        let map = idMap(request)
        if let zygote {
            // The writer must be in the user namespace itself or in its parent (user_namespaces(7)).
            let parent = try Descriptor.open("/proc/\(zygote.pid)/ns/user", .readOnly)
            try ChildProcess.perform([
                .enterNamespace(parent.number), .writeSetting("/proc/\(pid)/uid_map", map),
                .writeSetting("/proc/\(pid)/gid_map", map), .exit(0),
            ])
        } else {
            try writeFile("/proc/\(pid)/uid_map", map)
            try writeFile("/proc/\(pid)/gid_map", map)
        }
        let users = try Descriptor.open("/proc/\(pid)/ns/user", .readOnly)

        var mounts: [DetachedMount] = []
        var bound: MountedDisk?
        for mount in SandboxLayout.mounts(request) {
            switch mount {
            case .hostRoot: mounts.append(try hostLayer(SpawnerRoot.image, mappedBy: users))
            case .hostUsr: mounts.append(try hostLayer(SpawnerRoot.usr, mappedBy: users))
            case .sealedDisk(let disk):
                let layer = try sealedDisks.mount(disk, of: request.tenant, for: request.slot)
                try layer.restrict([], mappedBy: users)
                mounts.append(layer)
            case .devices: mounts.append(try DeviceDirectory.make())
            case .processors: mounts.append(try ProcessorList.mount(request.slot))
            case .storage:
                guard case .disk(let sandbox) = request.storage else { continue }
                let (mount, disk) = try mountDisk(of: sandbox, mappedBy: users)
                mounts.append(mount)
                bound = disk
            }
        }
        if !root.view.placeholders.isEmpty { mounts.append(try CgroupPlaceholders.mount()) }
        guard try socket.send([1], descriptors: mounts.map(\.descriptor)) == 1 else {
            throw SystemError("send the mounts", number: SystemError.brokenPipe)
        }
        return bound
    }

    private func hostLayer(
        _ path: String, mappedBy users: Descriptor
    ) throws(SystemError) -> DetachedMount {
        let mount = try DetachedMount.clone(of: path)
        try mount.restrict([.readOnly, .noSetUID, .noDevices], mappedBy: users)
        return mount
    }

    /// The id map of a sandbox: its slot's range from 0 on. A zygote's sandbox also maps the ranges of all other slots to the
    /// same ids as on the host, so that its children can get them. It has no capability to use them itself.
    private func idMap(_ request: LaunchRequest) -> String {
        let own = "0 \(firstID(request.slot)) 65536\n"
        guard request.isZygote else { return own }
        return own
            + "\(configuration.firstID) \(configuration.firstID) \(configuration.ordinarySlots * 65_536)\n"
    }

    /// The uid on the host of a sandbox's uid 0.
    private func firstID(_ slot: UInt32) -> UInt32 { configuration.firstID + slot * 65_536 }

    /// Mounts the disk of a sandbox. This process keeps no descriptor of the mount after sending it to the child. The kernel
    /// therefore unmounts it and frees the device when the sandbox's last process dies.
    private func mountDisk(
        of sandbox: String, mappedBy users: Descriptor
    ) throws(SystemError) -> (DetachedMount, MountedDisk) {
        let data = try Descriptor.open(SpawnerRoot.data, [.pathOnly, .directory])
        let file = try Descriptor.open(beneath: data, "sandboxes/\(sandbox)/disk.ext4", [.readWrite, .nonBlocking])
        let (mount, disk) = try MountedDisk.mount(file)
        try mount.restrict([], mappedBy: users)
        return (mount, disk)
    }
}
