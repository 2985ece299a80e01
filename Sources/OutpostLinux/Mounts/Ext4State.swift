// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The state of an ext4 file system from its superblock (Documentation/filesystems/ext4/super.rst).
public struct Ext4State: Hashable, Sendable {
    /// Whether the file system is consistent, if needed with its journal, and the kernel has recorded no error.
    public let isSound: Bool
    /// Whether the journal must be replayed. A read-only device cannot be replayed.
    public let needsJournal: Bool
    /// Bytes that are used, with the tables of the file system. Exact after an unmount.
    public let usedBytes: Int
    /// Inodes that are used. Exact after an unmount.
    public let usedFiles: Int

    /// Whether the file system is sound and its journal is empty.
    public var isClean: Bool { isSound && !needsJournal }

    /// Reads the superblock of an image. An image without a whole superblock is not sound.
    public init(_ image: Descriptor) throws(SystemError) {
        var superblock = [UInt8](repeating: 0, count: 1024)
        let count = try checked("pread") { pread(image.number, &superblock, superblock.count, 1024) }
        // s_state: bit 0, cleanly unmounted or protected by the journal; bit 1, errors were found.
        isSound = count == superblock.count && superblock[0x3a] & 3 == 1
        // s_feature_incompat: bit 2, the journal must be replayed.
        needsJournal = superblock[0x60] & 4 != 0
        let blocks = Self.number(superblock, 0x4, high: 0x150) - Self.number(superblock, 0xc, high: 0x158)
        usedBytes = max(0, blocks) << min(20, 10 + Int(superblock[0x18]))
        usedFiles = max(0, Self.number(superblock, 0x0) - Self.number(superblock, 0x10))
    }

    /// A number of 32 bits, and its upper 32 bits in a field of their own with the feature `64bit`.
    private static func number(_ superblock: [UInt8], _ place: Int, high: Int? = nil) -> Int {
        let low = (0..<4).reduce(0) { $0 | Int(superblock[place + $1]) << (8 * $1) }
        guard let high, superblock[0x60] & 0x80 != 0 else { return low }
        return low | number(superblock, high) << 32
    }
}
