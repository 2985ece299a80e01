// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

extension SpawnerHost {
    /// Whether the range of ids is one for this kind of sandbox, and nobody's.
    func isFree(_ request: LaunchRequest) -> Bool {
        let ranges =
            request.isZygote
            ? configuration.ordinarySlots..<configuration.slots : 0..<configuration.ordinarySlots
        return ranges.contains(request.slot) && sandboxes[request.slot] == nil
    }

    /// Brings up a sandbox as far as the parent is needed; the child goes on by itself and reports a failed step through
    /// what is returned, whose end of file is the agent's start.
    ///
    /// - Throws: `SystemError`; the child is then dead and nothing is left.
    mutating func launch(
        _ request: LaunchRequest, socket: Descriptor, events: Descriptor, null: Descriptor, image: Descriptor
    ) throws(SystemError) -> Descriptor {
        guard isFree(request) else {
            throw SystemError("take the id range \(request.slot)", number: SystemError.busy)
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
            throw SystemError("give the agent its descriptors", number: SystemError.busy)
        }
        let cgroupProcs = try tree.cgroupProcs(group.agent)
        let steps =
            Self.entering(cgroupProcs.map(\.number))
            + SandboxLayout.steps(
                request, sync: theirs.descriptor.number, socket: socket.number, events: events.number,
                null: null.number, image: image.number, masks: root.masks, view: root.view)
        // Which of them its programs will have, the request for each tells; only the place is needed for now.
        if !hasList(request.slot) { try list(all, slot: request.slot) }
        // The steps name descriptors by number only.
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

    /// Writes the id maps and hands over the mounts that only the host's root can make.
    ///
    /// - Parameter zygote: the sandbox of the zygote that made the child; nil for this process's own.
    mutating func equip(
        _ pid: Int32, _ request: LaunchRequest, in zygote: ChildProcess? = nil, through socket: MessageSocket
    ) throws(SystemError) -> (device: String, inode: UInt64)? {
        let map = idMap(request)
        if let zygote {
            // Only from the parent of a user namespace can its ids be mapped (user_namespaces(7)).
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
        var bound: (device: String, inode: UInt64)?
        for mount in SandboxLayout.mounts(request) {
            switch mount {
            case .hostRoot: mounts.append(try hostLayer(SpawnerRoot.image, mappedBy: users))
            case .hostUsr: mounts.append(try hostLayer(SpawnerRoot.user, mappedBy: users))
            case .sealedDisk(let disk):
                let layer = try sealedDisks.mount(disk, of: request.tenant, for: request.slot)
                try layer.restrict([], mappedBy: users)
                mounts.append(layer)
            case .devices: mounts.append(try DeviceDirectory.make())
            case .processors: mounts.append(try ProcessorList.mount(request.slot))
            case .storage:
                guard case .disk(let sandbox) = request.storage else { continue }
                let (mount, device, inode) = try mountDisk(of: sandbox, mappedBy: users)
                mounts.append(mount)
                bound = (device, inode)
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

    /// Ids from 0 on for the sandbox itself. A zygote's has the ranges of all others as well, as what they are on the host,
    /// so that its children can be given theirs; it holds no capability that would make use of them.
    private func idMap(_ request: LaunchRequest) -> String {
        let own = "0 \(firstID(request.slot)) 65536\n"
        guard request.isZygote else { return own }
        return own
            + "\(configuration.firstID) \(configuration.firstID) \(configuration.ordinarySlots * 65_536)\n"
    }

    /// What uid 0 of a sandbox is on the host.
    private func firstID(_ slot: UInt32) -> UInt32 { configuration.firstID + slot * 65_536 }

    /// Mounts the disk image of a sandbox. No other descriptor than the one that the child gets refers to the mount, so
    /// the kernel unmounts it and frees the device when the sandbox's last process dies.
    private func mountDisk(
        of sandbox: String, mappedBy users: Descriptor
    ) throws(SystemError) -> (DetachedMount, device: String, inode: UInt64) {
        let data = try Descriptor.open(SpawnerRoot.data, [.pathOnly, .directory])
        let file = try Descriptor.open(beneath: data, "sandboxes/\(sandbox)/disk.ext4", [.readWrite, .nonBlocking])
        // The device holds on to the lock, so no one else mounts or mends the image until it is free again.
        try FileLock.acquire(file)
        let inode = try file.inode()
        let device = try LoopDevice.bind(file)
        let mount = try DetachedMount.new(
            type: "ext4", source: device.path, options: [("errors", "remount-ro"), ("discard", nil)],
            attributes: [.noSetUID, .noDevices, .noAccessTimes])
        try mount.restrict([], mappedBy: users)
        return (mount, device.path, inode)
    }
}
