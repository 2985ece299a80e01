// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// The restrictions of a mount (mount_setattr(2)).
public struct MountAttributes: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let readOnly = MountAttributes(rawValue: OUTPOST_ATTR_RDONLY)
    public static let noSetUID = MountAttributes(rawValue: OUTPOST_ATTR_NOSUID)
    public static let noDevices = MountAttributes(rawValue: OUTPOST_ATTR_NODEV)
    public static let noExecute = MountAttributes(rawValue: OUTPOST_ATTR_NOEXEC)
    public static let noAccessTimes = MountAttributes(rawValue: OUTPOST_ATTR_NOATIME)
    public static let noFollowLinks = MountAttributes(rawValue: OUTPOST_ATTR_NOSYMFOLLOW)
}

/// A mount that is not attached to a mount tree. It ends with its descriptor unless it was attached.
public struct DetachedMount: Sendable {
    /// The descriptor of the mount.
    public let descriptor: Descriptor

    /// Clones the mount at `path` with its attributes (open_tree(2), Linux 5.2).
    ///
    /// - Parameter recursive: whether the mounts below it are cloned too.
    public static func clone(of path: String, recursive: Bool = false) throws(SystemError) -> DetachedMount {
        let flags = OUTPOST_OPEN_TREE_CLONE | (recursive ? OUTPOST_OPEN_TREE_BELOW : 0)
        let number = try shim("open_tree", path: path) { outpost_open_tree(AT_FDCWD, path, flags) }
        return DetachedMount(descriptor: Descriptor(owning: number))
    }

    /// Mounts a new file system (fsmount(2), Linux 5.2). An option with a nil value is a flag.
    public static func new(
        type: String, source: String? = nil, options: [(String, String?)] = [], attributes: MountAttributes = []
    ) throws(SystemError) -> DetachedMount {
        var strings: [UnsafeMutablePointer<CChar>?] = []
        defer { for string in strings { free(string) } }
        for (key, value) in options {
            strings.append(strdup(key))
            strings.append(value.flatMap { strdup($0) })
        }
        let list = strings.map { UnsafePointer($0) }
        let number = try shim("mount \(type)", path: source) {
            outpost_fs_mount(type, list, list.count, source, attributes.rawValue)
        }
        return DetachedMount(descriptor: Descriptor(owning: number))
    }

    /// Sets `attributes`. With `userNamespace` it also maps the owners of the files with that namespace's id map: uid 0 on
    /// disk becomes uid 0 of the namespace (idmapped mounts, Linux 5.12).
    public func restrict(_ attributes: MountAttributes, mappedBy userNamespace: Descriptor? = nil) throws(SystemError) {
        try shim("mount_setattr") {
            outpost_mount_setattr(descriptor.number, attributes.rawValue, 0, userNamespace?.number ?? -1, 0)
        }
    }

    /// Makes a character device with mode 0666 in the top directory of the mount.
    public func makeDevice(_ name: String, major: UInt32, minor: UInt32) throws(SystemError) {
        try shim("mknod", path: name) {
            outpost_mknod(descriptor.number, name, UInt32(S_IFCHR) | 0o666, major, minor)
        }
    }

    /// Makes a symbolic link in the top directory of the mount.
    public func makeLink(_ name: String, target: String) throws(SystemError) {
        try checked("symlink", path: name) { symlinkat(target, descriptor.number, name) }
    }

    /// Makes a directory in the top directory of the mount.
    public func makeDirectory(_ name: String) throws(SystemError) {
        try checked("mkdir", path: name) { mkdirat(descriptor.number, name, 0o755) }
    }

    /// Attaches the mount at `path`.
    public func attach(at path: String) throws(SystemError) {
        try shim("move_mount", path: path) { outpost_move_mount(descriptor.number, AT_FDCWD, path) }
    }
}

/// The mount namespace of this process.
public enum MountNamespace {
    /// Moves this process into a new mount namespace with private propagation. No other process sees its later mounts, and
    /// they end with the namespace.
    public static func leave() throws(SystemError) {
        try checked("unshare") { unshareMounts() }
        try checked("mount", path: "/") { mount(nil, "/", nil, UInt(OUTPOST_MS_PRIVATE_REC), nil) }
    }

    private static func unshareMounts() -> Int32 { outpost_unshare(OUTPOST_CLONE_NEWNS) }

    /// Makes the mount point `path` the root and unmounts the old root (pivot_root(2)).
    public static func pivot(to path: String) throws(SystemError) {
        try shim("pivot_root", path: path) { outpost_pivot_root(path) }
    }
}
