// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// The cgroup files that a program sees at `/sys/fs/cgroup`. Language runtimes read their memory and CPU limits there.
///
/// For each hierarchy there are two mounts, both read-only. One shows the kernel's files of the run's own cgroup, with that
/// cgroup as root (cgroup_namespaces(7)): runtimes look for it in mountinfo. The other one lies over it, with copies of the
/// limits, and is all that a path leads to. A program must not reach the kernel's files: each look-up takes a lock of
/// the whole hierarchy (`kernfs_rwsem`, fs/kernfs/dir.c). With some hundred threads it could hold up whoever makes or removes
/// a cgroup on the host.
///
/// The mounts are clones of the host's mounts. A new mount in the run's cgroup namespace would show the same files, but the
/// kernel then makes a separate file system (fs/kernfs/mount.c): 200 µs instead of 48 µs.
public struct CgroupView: Hashable, Sendable {
    /// `cgroup2`, or the controllers of each version 1 hierarchy that limits or counts memory or CPU time, such as
    /// `cpu,cpuacct`.
    public let hierarchies: [String]
    /// Version 1 hierarchies that a program sees in its mountinfo, but cannot read. OpenJDK applies a limit only if it finds
    /// `cpuset` and `cpuacct` there, beside `memory` and `cpu` (`determine_type` in os/linux/cgroupSubsystem_linux.cpp).
    public let placeholders: [String]
    /// The device number of the file system with the copies of the limits, as in stat(2).
    public let copiesDevice: UInt64

    /// A view of these hierarchies.
    public init(_ hierarchies: [String] = [], placeholders: [String] = [], copiesDevice: UInt64 = 0) {
        self.hierarchies = hierarchies
        self.placeholders = placeholders
        self.copiesDevice = copiesDevice
    }

    /// The view for a host with this layout.
    public init(_ layout: CgroupLayout) {
        let bounding = [CgroupController.memory, .cpu]
        if bounding.allSatisfy({ layout.isUnified($0) }) {
            self.init([Self.unified])
            return
        }
        let bounds = bounding.filter { !layout.isUnified($0) }.map(\.rawValue)
        let looked = ["cpuset", "cpuacct"]
        // If a run joins a cgroup that counts its CPU time, the program sees that cgroup and no placeholder.
        let joined = looked.filter { layout.legacy[$0].map(layout.hierarchies.contains) ?? false }
        let hierarchies = Self.names(of: bounds + joined, in: layout)
        let others = Self.names(of: looked, in: layout).filter { !hierarchies.contains($0) }
        self.init(hierarchies, placeholders: hierarchies.isEmpty ? [] : others)
    }

    private static func names(of controllers: [String], in layout: CgroupLayout) -> [String] {
        controllers.reduce(into: []) { names, controller in
            guard let mount = layout.legacy[controller] else { return }
            let name = Self.controllers.filter { layout.legacy[$0] == mount }.joined(separator: ",")
            if !names.contains(name) { names.append(name) }
        }
    }

    /// The view that `arguments` describes.
    public init(arguments: [String]) {
        self.init(Array(arguments.dropFirst()), copiesDevice: arguments.first.flatMap { UInt64($0) } ?? 0)
    }

    /// What the agent must know of the view, for its command line.
    public var arguments: [String] { hierarchies.isEmpty ? [] : [String(copiesDevice)] + hierarchies }

    /// The same view with copies from the file system of this device number.
    public func withCopies(from device: UInt64) -> CgroupView {
        CgroupView(hierarchies, placeholders: placeholders, copiesDevice: device)
    }

    static let unified = "cgroup2"
    /// The version 1 controllers, in the kernel's order (include/linux/cgroup_subsys.h).
    private static let controllers = [
        "cpuset", "cpu", "cpuacct", "blkio", "memory", "devices", "freezer", "net_cls", "perf_event", "net_prio",
        "hugetlb", "pids", "rdma", "misc",
    ]

    /// The directory of the view in a sandbox.
    public static let root = "/sys/fs/cgroup"
    /// The directory of the placeholders. OpenJDK prefers hierarchies directly below `root`.
    public static let placeholderRoot = "\(root)/others"

    /// The mount points that an image needs for the view.
    public var directories: [String] {
        [Self.root] + hierarchies.filter { $0 != Self.unified }.map(path)
            + (placeholders.isEmpty ? [] : [Self.placeholderRoot])
    }

    /// The symbolic links that an image needs for the view. A hierarchy of several controllers has one link for each.
    public var links: [(path: String, target: String)] {
        hierarchies.flatMap { hierarchy in
            let names = hierarchy.split(separator: ",")
            return names.count < 2 ? [] : names.map { (path(String($0)), hierarchy) }
        }
    }

    private func path(_ hierarchy: String) -> String { "\(Self.root)/\(hierarchy)" }

    private var mountPoints: [String] { hierarchies.map { $0 == Self.unified ? Self.root : path($0) } }

    /// The number of mounts that `steps` attaches.
    public var mountCount: Int { hierarchies.count * 2 }

    /// Clones the mounts that show the cgroup `name`, read-only: for each hierarchy the kernel's, and the copies.
    ///
    /// - Parameter copies: the directory with the copies, which has one directory for each hierarchy (`copies(of:)`).
    /// - Throws: `SystemError` when the cgroup is missing.
    public func mounts<Files>(
        of name: String, in tree: CgroupTree<Files>, copies: String
    ) throws(SystemError) -> [DetachedMount] {
        var mounts: [DetachedMount] = []
        for (index, hierarchy) in hierarchies.enumerated() {
            let controller = String(hierarchy.prefix { $0 != "," })
            guard let point = hierarchy == Self.unified ? tree.layout.unified : tree.layout.legacy[controller] else {
                throw SystemError("find the cgroup hierarchy", path: hierarchy, number: ENOENT)
            }
            for path in [tree.path(point, name), "\(copies)/\(index)"] {
                let mount = try DetachedMount.clone(of: path)
                try mount.restrict([.readOnly, .noSetUID, .noDevices, .noExecute])
                mounts.append(mount)
            }
        }
        return mounts
    }

    /// The steps that attach the view in the child's mount namespace. The child needs CAP_SYS_ADMIN there.
    ///
    /// The copies are attached through the descriptor of the kernel's mount. A program that can write to /sys cannot keep
    /// them from covering it.
    ///
    /// - Parameters:
    ///   - mounts: the numbers of the descriptors from `mounts`.
    ///   - isFirst: whether the mount namespace has no other run's view. Otherwise the steps unmount that view first, so that
    ///     it does not stay below the new one and show up in mountinfo.
    public func steps(_ mounts: [Int32], isFirst: Bool = true) -> [ChildStep] {
        let hiding = isFirst ? [] : mountPoints.map { ChildStep.hideCgroup($0, device: copiesDevice) }
        return hiding
            + zip(mountPoints, stride(from: 0, to: mounts.count - 1, by: 2)).flatMap { path, index in
                [.attach(mounts[index], target: path), .cover(mounts[index + 1], over: mounts[index])]
            }
    }

    /// Unmounts the view from this process's mount namespace. Needs CAP_SYS_ADMIN.
    public func hide() {
        for path in mountPoints { hideCgroup(path, device: copiesDevice) }
    }
}

/// - Returns: 0.
func performHideCgroup(_ operation: UnsafePointer<outpost_op>) -> Int32 {
    if let path = operation.pointee.b { hideCgroup(String(cString: path), device: operation.pointee.value) }
    return 0
}

/// Unmounts the cgroup file system at `path` and the copies over it, if they are there.
///
/// Nothing else is unmounted: a program that can write to /sys can replace a mount point with a link to a mount that masks a
/// part of /proc. Both mounts are found through one descriptor of their parent directory. So the program cannot move the
/// directory between the two, and keep the kernel's mount without its cover.
private func hideCgroup(_ path: String, device: UInt64) {
    let parent = path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex)
    guard let directory = try? Descriptor.open(String(parent), [.pathOnly, .directory]) else { return }
    let name = String(path.dropFirst(parent.count))
    unmount(name, in: directory) { (try? $0.device()) == device }
    unmount(name, in: directory) { outpost_is_cgroup($0.number) == 1 }
}

/// Unmounts a directory if it passes the check. It is opened and checked first, and then unmounted through the descriptor,
/// because a program can replace it in between. Open files do not delay the unmount (`MNT_DETACH` in umount(2)).
private func unmount(_ name: String, in parent: Descriptor, if isOurs: (Descriptor) -> Bool) {
    guard let mount = try? Descriptor.open(beneath: parent, name, [.pathOnly, .directory]), isOurs(mount) else {
        return
    }
    umount2("/proc/self/fd/\(mount.number)", 2)
}
