// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The file operations on cgroup file systems. Tests use a fake implementation in place of the kernel.
public protocol CgroupFiles: Sendable {
    /// Makes one directory. Throws EEXIST if it exists.
    func makeDirectory(_ path: String) throws(SystemError)
    /// Writes `text` to an existing file in one call.
    func write(_ path: String, _ text: String) throws(SystemError)
    /// Returns the whole text of a file.
    func read(_ path: String) throws(SystemError) -> String
    /// Whether an entry is at `path`.
    func exists(_ path: String) -> Bool
    /// Removes one directory. A cgroup's directory counts as empty when it has no process and no child cgroup.
    func removeDirectory(_ path: String) throws(SystemError)
    /// The names of the directories in a directory, sorted.
    func directories(in path: String) throws(SystemError) -> [String]
    /// Opens a file.
    func open(_ path: String, _ flags: OpenFlags) throws(SystemError) -> Descriptor
}

/// `CgroupFiles` on the kernel's cgroup file systems.
public struct KernelCgroupFiles: CgroupFiles {
    public init() {}

    public func makeDirectory(_ path: String) throws(SystemError) {
        try checked("mkdir", path: path) { mkdir(path, 0o755) }
    }

    public func write(_ path: String, _ text: String) throws(SystemError) {
        try writeFile(path, text)
    }

    public func read(_ path: String) throws(SystemError) -> String { try readText(path) }

    public func exists(_ path: String) -> Bool { OutpostLinux.exists(path) }

    public func removeDirectory(_ path: String) throws(SystemError) {
        try checked("rmdir", path: path) { rmdir(path) }
    }

    public func directories(in path: String) throws(SystemError) -> [String] {
        try entries(of: path).filter { name in
            var status = stat()
            return lstat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    public func open(_ path: String, _ flags: OpenFlags) throws(SystemError) -> Descriptor {
        try Descriptor.open(path, flags)
    }
}
