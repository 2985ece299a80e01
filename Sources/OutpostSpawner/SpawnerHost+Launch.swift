// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

extension SpawnerHost {
    /// Brings up a sandbox as far as the parent is needed; the child goes on by itself and reports a failed step through
    /// the second descriptor, whose end of file is the agent's start.
    ///
    /// - Throws: `SystemError`; the child is then dead and nothing is left.
    mutating func launch(
        _ request: LaunchRequest, socket: Descriptor, null: Descriptor, image: Descriptor
    ) throws(SystemError) -> (ChildProcess, Descriptor) {
        guard request.slot < configuration.slots, sandboxes[request.slot] == nil else {
            throw SystemError("take the id range \(request.slot)", number: SystemError.busy)
        }
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        let failures = try Descriptor.pipe(nonBlockingRead: true)
        let steps = SandboxLayout.steps(
            request, sync: theirs.descriptor.number, socket: socket.number, null: null.number, image: image.number,
            masks: root.masks)
        let child = try ChildProcess.clone(sandboxed: true, failures: failures.write, steps)
        do throws(SystemError) {
            let disk = try equip(child, request, through: ours)
            sandboxes[request.slot] = LiveSandbox(child: child, disk: disk)
            return (child, failures.read)
        } catch {
            try child.signal(SignalNumber.kill)
            _ = try child.wait()
            throw error
        }
    }

    /// Writes the id maps and hands over the mounts that only the host's root can make.
    private func equip(
        _ child: ChildProcess, _ request: LaunchRequest, through socket: MessageSocket
    ) throws(SystemError) -> (device: String, inode: UInt64)? {
        let first = configuration.firstID + request.slot * 65_536
        try writeFile("/proc/\(child.pid)/uid_map", "0 \(first) 65536")
        try writeFile("/proc/\(child.pid)/gid_map", "0 \(first) 65536")
        let users = try Descriptor.open("/proc/\(child.pid)/ns/user", .readOnly)

        let lowerRoot = try DetachedMount.clone(of: SpawnerRoot.image)
        try lowerRoot.restrict([.readOnly, .noSetUID, .noDevices], mappedBy: users)
        let lowerUser = try DetachedMount.clone(of: SpawnerRoot.user)
        try lowerUser.restrict([.readOnly, .noSetUID, .noDevices], mappedBy: users)
        let devices = try DeviceDirectory.make()
        var mounts = [lowerRoot, lowerUser, devices]
        var bound: (device: String, inode: UInt64)?
        if case .disk(let sandbox) = request.storage {
            let (mount, device, inode) = try mountDisk(of: sandbox, mappedBy: users)
            mounts.append(mount)
            bound = (device, inode)
        }
        guard try socket.send([1], descriptors: mounts.map(\.descriptor)) == 1 else {
            throw SystemError("send the mounts", number: SystemError.brokenPipe)
        }
        return bound
    }

    /// Mounts the disk image of a sandbox. No other descriptor than the one that the child gets refers to the mount, so
    /// the kernel unmounts it and frees the device when the sandbox's last process dies.
    private func mountDisk(
        of sandbox: String, mappedBy users: Descriptor
    ) throws(SystemError) -> (DetachedMount, device: String, inode: UInt64) {
        let data = try Descriptor.open(SpawnerRoot.data, [.pathOnly, .directory])
        let file = try Descriptor.open(beneath: data, "sandboxes/\(sandbox)/disk.ext4", [.readWrite, .nonBlocking])
        let inode = try file.inode()
        let device = try LoopDevice.bind(file)
        let mount = try DetachedMount.new(
            type: "ext4", source: device.path, options: [("errors", "remount-ro"), ("discard", nil)],
            attributes: [.noSetUID, .noDevices, .noAccessTimes])
        try mount.restrict([], mappedBy: users)
        return (mount, device.path, inode)
    }
}
