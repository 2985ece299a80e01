// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// What a program sees of its own cgroup at `/sys/fs/cgroup`, where runtimes read how much memory and processor time they
/// have: the kernel's own files, read-only, with the cgroup of the run as their root (cgroup_namespaces(7)). They are right
/// whenever they are read, and no other run's are there.
///
/// They are copies of mounts that the host has. A mount of its own, made in the run's cgroup namespace, would show the same,
/// but the kernel makes a file system of its own for each (fs/kernfs/mount.c): 200 µs in place of 48.
public struct CgroupView: Hashable, Sendable {
    /// `cgroup2`, or the controllers of each version 1 hierarchy that bounds memory or processors or counts what is used of
    /// them, `cpu,cpuacct`.
    public let hierarchies: [String]
    /// Version 1 hierarchies of which a program sees in its mountinfo that they are mounted, and nothing else. OpenJDK looks
    /// for no limit unless it finds `cpuset` and `cpuacct` there, beside `memory` and `cpu` (`determine_type` in
    /// os/linux/cgroupSubsystem_linux.cpp).
    public let placeholders: [String]

    public init(_ hierarchies: [String] = [], placeholders: [String] = []) {
        self.hierarchies = hierarchies
        self.placeholders = placeholders
    }

    /// What shows the limits of a run where cgroups are mounted like this.
    public init(_ layout: CgroupLayout) {
        let bounding = [CgroupController.memory, .cpu]
        if bounding.allSatisfy({ layout.isUnified($0) }) {
            self.init([Self.unified])
            return
        }
        let bounds = bounding.filter { !layout.isUnified($0) }.map(\.rawValue)
        let looked = ["cpuset", "cpuacct"]
        // Where a run has a cgroup that counts its processor time, it sees that one.
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
    /// Of version 1, in the kernel's order (include/linux/cgroup_subsys.h).
    private static let controllers = [
        "cpuset", "cpu", "cpuacct", "blkio", "memory", "devices", "freezer", "net_cls", "perf_event", "net_prio",
        "hugetlb", "pids", "rdma", "misc",
    ]

    public static let root = "/sys/fs/cgroup"
    /// Where the placeholders are. OpenJDK prefers what is below `root`.
    public static let placeholderRoot = "\(root)/others"

    /// The directories that an image needs for it.
    public var directories: [String] {
        [Self.root] + hierarchies.filter { $0 != Self.unified }.map(path)
            + (placeholders.isEmpty ? [] : [Self.placeholderRoot])
    }

    /// The links to them that an image needs: hierarchies with several controllers are looked for by each.
    public var links: [(path: String, target: String)] {
        hierarchies.flatMap { hierarchy in
            let names = hierarchy.split(separator: ",")
            return names.count < 2 ? [] : names.map { (path(String($0)), hierarchy) }
        }
    }

    private func path(_ hierarchy: String) -> String { "\(Self.root)/\(hierarchy)" }

    private var places: [String] { hierarchies.map { $0 == Self.unified ? Self.root : path($0) } }

    /// What is attached, for the run in this cgroup.
    ///
    /// - Throws: `SystemError` when the cgroup is not there.
    public func mounts<Files>(of name: String, in tree: CgroupTree<Files>) throws(SystemError) -> [DetachedMount] {
        var mounts: [DetachedMount] = []
        for hierarchy in hierarchies {
            let controller = String(hierarchy.prefix { $0 != "," })
            guard let point = hierarchy == Self.unified ? tree.layout.unified : tree.layout.legacy[controller] else {
                throw SystemError("find the cgroups", path: hierarchy, number: ENOENT)
            }
            let mount = try DetachedMount.clone(of: tree.path(point, name))
            try mount.restrict([.readOnly, .noSetUID, .noDevices, .noExecute])
            mounts.append(mount)
        }
        return mounts
    }

    /// How a process that has CAP_SYS_ADMIN gets it, and all others of its mount namespace with it.
    ///
    /// - Parameters:
    ///   - mounts: the descriptors of `mounts`.
    ///   - isFirst: whether no other run's is there, which would be covered and be seen in mountinfo.
    public func steps(_ mounts: [Int32], isFirst: Bool = true) -> [ChildStep] {
        (isFirst ? [] : places.map { .hideCgroup($0) }) + zip(mounts, places).map { .attach($0, target: $1) }
    }

    /// Takes it away again from this process's mount namespace, with CAP_SYS_ADMIN. A program that may write to /sys may have
    /// put a link there that leads to a mount which covers a part of /proc, so only cgroups are unmounted.
    public func hide() {
        for place in places { hideCgroup(place) }
    }
}

/// - Returns: 0.
func performHideCgroup(_ operation: UnsafePointer<outpost_op>) -> Int32 {
    if let place = operation.pointee.b { hideCgroup(String(cString: place)) }
    return 0
}

/// Unmounts what is there by where it is, not by a name that may lead elsewhere by now. What is still open there is no reason
/// to wait (`MNT_DETACH` in umount(2)).
private func hideCgroup(_ path: String) {
    guard let place = try? Descriptor.open(path, [.pathOnly, .directory]), outpost_is_cgroup(place.number) == 1 else {
        return
    }
    umount2("/proc/self/fd/\(place.number)", 2)
}
