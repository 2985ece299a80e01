// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The kind of an entry (POSIX.1-2017, pax, "ustar Interchange Format", `typeflag`).
public enum TarKind: Hashable, Sendable {
    /// A regular file. Contiguous files (type 7) count as regular ones, as POSIX allows. The path of a hostile entry may
    /// end with a slash; GNU tar and libarchive make a directory of it.
    case file
    /// Another name of an earlier entry. `target` is the path of that entry. It is unchecked.
    case hardLink(target: [UInt8])
    /// A symbolic link to `target`. It is unchecked.
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
    /// The number of the driver.
    public var major: UInt32
    /// The number of the device within its driver.
    public var minor: UInt32

    /// The device with these two numbers.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
}
