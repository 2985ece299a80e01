// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// An event of the reader. Each entry has this order: `entry`, then `data` and `hole` from the file's start to its end,
/// then `endOfEntry`.
public enum TarEvent: Hashable, Sendable {
    /// An entry begins.
    case entry(TarEntry)
    /// A piece of the file's content that begins at `offset` in the file. The slice is a part of the input, not a copy,
    /// so a piece never spans two pieces of the input.
    case data(ArraySlice<UInt8>, offset: UInt64)
    /// `count` zero bytes that are not in the archive.
    case hole(offset: UInt64, count: UInt64)
    /// The entry is complete. Entries without content have this event too.
    case endOfEntry
    /// No entry follows.
    case endOfArchive(TarEnding)
}

/// The form of an archive's end.
public enum TarEnding: Hashable, Sendable {
    /// Two blocks of zeros, as POSIX defines.
    case twoZeroBlocks
    /// One block of zeros. GNU tar, libarchive and Python's tarfile end there too, whatever follows.
    case oneZeroBlock
    /// The end of the input in place of a header. Some programs write no blocks of zeros.
    case endOfInput
}
