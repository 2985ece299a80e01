// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How an ext4 file system was left, as its superblock says (Documentation/filesystems/ext4/super.rst).
public struct Ext4State: Hashable, Sendable {
    /// Whether it was unmounted in order or is kept whole by its journal, and no error was seen.
    public let isSound: Bool
    /// Whether the journal holds what is not at its place yet. A mount that may not write cannot put it there.
    public let needsJournal: Bool

    /// Whether all that was written to it is at its place.
    public var isClean: Bool { isSound && !needsJournal }

    /// Reads it from an image; one that is too short to have it is not sound.
    public init(_ image: Descriptor) throws(SystemError) {
        var superblock = [UInt8](repeating: 0, count: 1024)
        let count = try checked("pread") { pread(image.number, &superblock, superblock.count, 1024) }
        // s_state: bit 0, unmounted in order or kept whole by its journal; bit 1, errors were seen.
        isSound = count == superblock.count && superblock[0x3a] & 3 == 1
        // s_feature_incompat: bit 2, the journal is to be replayed.
        needsJournal = superblock[0x60] & 4 != 0
    }
}
