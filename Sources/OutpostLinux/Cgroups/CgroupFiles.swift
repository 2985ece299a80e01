// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The file operations that cgroups are driven with; a fake one stands for a kernel in tests.
public protocol CgroupFiles: Sendable {
    func makeDirectory(_ path: String) throws(SystemError)
    func write(_ path: String, _ text: String) throws(SystemError)
    func read(_ path: String) throws(SystemError) -> String
    func exists(_ path: String) -> Bool
    func removeDirectory(_ path: String) throws(SystemError)
    func directories(in path: String) throws(SystemError) -> [String]
    func open(_ path: String, _ flags: OpenFlags) throws(SystemError) -> Descriptor
}

/// The kernel's own.
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
