// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The /dev of one sandbox. Its device nodes work because the host's root makes them; a process in a user namespace cannot
/// make any (mknod(2), EPERM). Each sandbox has its own /dev, because sandboxes could send signals to each other with locks
/// and watches on shared inodes.
enum DeviceDirectory {
    /// Makes the file system.
    ///
    /// - Throws: `SystemError`. Nothing is left then.
    static func make() throws(SystemError) -> DetachedMount {
        let mount = try DetachedMount.new(type: "tmpfs", options: [("size", "64k"), ("mode", "0755")])
        for (name, minor) in [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)] {
            try mount.makeDevice(name, major: 1, minor: UInt32(minor))
        }
        // The controlling terminal of the process that opens it; ENXIO without one (tty(4)).
        try mount.makeDevice("tty", major: 5, minor: 0)
        for (name, target) in [
            ("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"), ("ptmx", "pts/ptmx"),
        ] {
            try mount.makeLink(name, target: target)
        }
        for name in ["shm", "pts"] { try mount.makeDirectory(name) }
        try mount.restrict([.readOnly, .noSetUID, .noExecute])
        return mount
    }
}
