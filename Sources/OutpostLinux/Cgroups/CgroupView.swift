// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// The cgroup files that a program sees at `/sys/fs/cgroup`. Language runtimes read their memory and CPU limits there.
///
/// The program sees the kernel's files of its own run, read-only, with the run's cgroup as root (cgroup_namespaces(7)). It
/// sees no other run's files.
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

    /// A view of these hierarchies.
    public init(_ hierarchies: [String] = [], placeholders: [String] = []) {
        self.hierarchies = hierarchies
        self.placeholders = placeholders
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

    private static let unified = "cgroup2"
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

    /// Clones the mounts that show the cgroup `name`, one for each hierarchy, read-only.
    ///
    /// - Throws: `SystemError` when the cgroup is missing.
    public func mounts<Files>(of name: String, in tree: CgroupTree<Files>) throws(SystemError) -> [DetachedMount] {
        var mounts: [DetachedMount] = []
        for hierarchy in hierarchies {
            let controller = String(hierarchy.prefix { $0 != "," })
            guard let point = hierarchy == Self.unified ? tree.layout.unified : tree.layout.legacy[controller] else {
                throw SystemError("find the cgroup hierarchy", path: hierarchy, number: ENOENT)
            }
            let mount = try DetachedMount.clone(of: tree.path(point, name))
            try mount.restrict([.readOnly, .noSetUID, .noDevices, .noExecute])
            mounts.append(mount)
        }
        return mounts
    }

    /// The steps that attach the view in the child's mount namespace. The child needs CAP_SYS_ADMIN there.
    ///
    /// - Parameters:
    ///   - mounts: the numbers of the descriptors from `mounts`.
    ///   - isFirst: whether the mount namespace has no other run's view. Otherwise the steps unmount that view first, so that
    ///     it does not stay below the new one and show up in mountinfo.
    public func steps(_ mounts: [Int32], isFirst: Bool = true) -> [ChildStep] {
        (isFirst ? [] : mountPoints.map { .hideCgroup($0) }) + zip(mounts, mountPoints).map { .attach($0, target: $1) }
    }

    /// Unmounts the view from this process's mount namespace. Needs CAP_SYS_ADMIN.
    ///
    /// Only cgroup file systems are unmounted: a program that can write to /sys can replace a mount point with a link to a
    /// mount that masks a part of /proc.
    public func hide() {
        for path in mountPoints { hideCgroup(path) }
    }
}

/// - Returns: 0.
func performHideCgroup(_ operation: UnsafePointer<outpost_op>) -> Int32 {
    if let path = operation.pointee.b { hideCgroup(String(cString: path)) }
    return 0
}

/// Unmounts the cgroup file system at `path`, if there is one. The path is opened and checked first, and then unmounted
/// through the descriptor, because a program can replace the path in between. Open files do not delay the unmount
/// (`MNT_DETACH` in umount(2)).
private func hideCgroup(_ path: String) {
    guard let mount = try? Descriptor.open(path, [.pathOnly, .directory]), outpost_is_cgroup(mount.number) == 1 else {
        return
    }
    umount2("/proc/self/fd/\(mount.number)", 2)
}
