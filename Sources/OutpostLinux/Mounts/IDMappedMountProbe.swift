// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Finds out whether a file system allows idmapped mounts. Each type of file system decides that itself.
public enum IDMappedMountProbe {
    /// Makes an idmapped clone of the mount of `path` with a temporary user namespace. Nothing is left behind.
    ///
    /// - Throws: `SystemError`: EINVAL when the file system or the kernel does not support it, EPERM without root.
    public static func run(on path: String) throws(SystemError) {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        let failures = try Descriptor.pipe(nonBlockingRead: true)
        // The child waits for descriptors that never come. Its user namespace exists until it is killed below.
        let child = try ChildProcess.clone(
            sandboxed: true, failures: failures.write,
            [.receiveDescriptors(socket: theirs.descriptor.number, count: 1)])
        let outcome = capture { () throws(SystemError) in
            try writeFile("/proc/\(child.pid)/uid_map", "0 1879048192 65536")
            try writeFile("/proc/\(child.pid)/gid_map", "0 1879048192 65536")
            let users = try Descriptor.open("/proc/\(child.pid)/ns/user", .readOnly)
            try DetachedMount.clone(of: path).restrict([], mappedBy: users)
        }
        try child.signal(SignalNumber.kill)
        _ = try child.wait()
        withExtendedLifetime(ours) {}
        try outcome.get()
    }
}
