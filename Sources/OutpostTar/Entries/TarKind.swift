// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What an entry is (POSIX.1-2017, pax, "ustar Interchange Format", `typeflag`).
public enum TarKind: Hashable, Sendable {
    /// A regular file. Contiguous files (type 7) are taken for regular ones, as POSIX allows. The path of a hostile one
    /// may end with a slash: to GNU tar and libarchive it is a directory then.
    case file
    /// Another name of an entry that came earlier; `target` is that entry's path, which nobody has judged.
    case hardLink(target: [UInt8])
    /// A symbolic link with this content, which nobody has judged.
    case symbolicLink(target: [UInt8])
    /// A character device.
    case characterDevice(TarDevice)
    /// A block device.
    case blockDevice(TarDevice)
    /// A directory.
    case directory
    /// A named pipe.
    case fifo
}

/// The numbers of a device node.
public struct TarDevice: Hashable, Sendable {
    /// Which driver.
    public var major: UInt32
    /// Which device of that driver.
    public var minor: UInt32

    /// A device by its two numbers.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
}
