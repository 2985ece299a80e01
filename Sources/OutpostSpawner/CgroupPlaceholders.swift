// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The version 1 hierarchies that a program finds in its mountinfo and cannot look into (`CgroupView.placeholders`).
///
/// OpenJDK wants the mount of the cgroup that the program is in: its cgroup namespace begins there, so the root of the mount
/// is `/` in mountinfo. With any other root the classes of OpenJDK 17 fail with a NullPointerException. Our programs are in
/// the spawner's cgroup there, which is mostly the host's own. A cgroup that we made for them would count the processor time
/// of all sandboxes together, and a second cpuset makes each allocation of memory on the host dearer (`cpusets_enabled` in
/// include/linux/cpuset.h).
///
/// Two walls keep what is in it from every program. The folder belongs to the host's root, who has no id in a sandbox, and
/// nobody else may enter it: not even to watch or lock what other sandboxes have too. And an empty directory is mounted over
/// each hierarchy; the kernel lets nobody in the sandbox's user namespace take it away alone (mount_namespaces(7), on mounts
/// that are locked together).
///
/// The folder is made once, in the spawner's root, and copied for each sandbox as a whole.
enum CgroupPlaceholders {
    /// In the spawner's root.
    private static let folder = "/others"

    /// - Parameters:
    ///   - layout: where the hierarchies are now.
    ///   - point: the directory that will be the spawner's root.
    /// - Throws: `SystemError`; the process is then of no use and must end.
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

    /// A copy for a sandbox to attach.
    static func mount() throws(SystemError) -> DetachedMount { try .clone(of: folder, recursive: true) }

    /// How a sandbox that is being built gets it. A disk may be without the place, by an earlier run.
    ///
    /// - Parameter position: among the mounts that it received.
    static func step(_ position: Int) -> ChildStep {
        .moveMount(position: position, target: CgroupView.placeholderRoot, isOptional: true)
    }
}
