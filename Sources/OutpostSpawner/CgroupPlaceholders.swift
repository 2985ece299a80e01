// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The version 1 hierarchies that a program sees in its mountinfo but cannot read (`CgroupView.placeholders`).
///
/// OpenJDK needs a mount of the cgroup that the program is in. The program's cgroup namespace begins at that cgroup, so the
/// mount's root is `/` in mountinfo. With any other root the classes of OpenJDK 17 fail with a NullPointerException. In these
/// hierarchies programs are in the spawner's cgroup, usually the host's root cgroup. Outpost makes no cgroup for them: one
/// `cpuacct` cgroup would count the CPU time of all sandboxes together, and a second cpuset slows down every memory
/// allocation on the host (`cpusets_enabled` in include/linux/cpuset.h).
///
/// Two barriers keep programs out. The folder has mode 0000 and belongs to the host's root, who has no id in a sandbox, so
/// no program can enter it, not even to watch or lock its files. An empty directory is mounted over each hierarchy; a process
/// in the sandbox's user namespace cannot unmount that alone (mount_namespaces(7), on locked mounts).
///
/// The folder is made once, in the spawner's root, and its mounts are cloned for each sandbox.
enum CgroupPlaceholders {
    /// The path in the spawner's root.
    private static let folder = "/others"

    /// Makes the folder with its mounts.
    ///
    /// - Parameters:
    ///   - layout: the current mount points of the hierarchies.
    ///   - point: the directory that becomes the spawner's root.
    /// - Throws: `SystemError`. The process must end then.
    static func make(_ view: CgroupView, _ layout: CgroupLayout, below point: String) throws(SystemError) {
        if view.placeholders.isEmpty { return }
        let place = point + folder
        try makeDirectory(place)
        let own = try DetachedMount.new(type: "tmpfs", options: [("size", "4k"), ("mode", "0000")])
        try own.attach(at: place)
        let nothing = "\(place)/nothing"
        try makeDirectory(nothing)
        try setMode(nothing, 0)
        let memberships = CgroupMemberships(try readText("/proc/self/cgroup"))
        for hierarchy in view.placeholders {
            let controller = String(hierarchy.prefix { $0 != "," })
            guard let mount = layout.legacy[controller] else { continue }
            let target = "\(place)/\(hierarchy)"
            try makeDirectory(target)
            try attach(memberships.directory(of: controller, in: mount) { exists($0) }, at: target)
            try attach(nothing, at: target)
        }
        try own.restrict(attributes)
    }

    private static func attach(_ source: String, at target: String) throws(SystemError) {
        let mount = try DetachedMount.clone(of: source)
        try mount.restrict(attributes)
        try mount.attach(at: target)
    }

    private static let attributes: MountAttributes = [.readOnly, .noSetUID, .noDevices, .noExecute]

    /// Clones the folder's mounts for a sandbox.
    static func mount() throws(SystemError) -> DetachedMount { try .clone(of: folder, recursive: true) }

    /// The step that attaches the folder in a new sandbox. It is optional, because an earlier run can have removed the mount
    /// point from a disk.
    ///
    /// - Parameter position: the index of the mount among the received descriptors.
    static func step(_ position: Int) -> ChildStep {
        .moveMount(position: position, target: CgroupView.placeholderRoot, isOptional: true)
    }
}
