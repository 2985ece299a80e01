// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the reader finds in an archive, in this order for each entry: `entry`, then `data` and `hole` as the file goes
/// on from its start to its size, then `endOfEntry`.
public enum TarEvent: Hashable, Sendable {
    /// An entry begins.
    case entry(TarEntry)
    /// A piece of the file's content, which stands `offset` bytes behind the file's start. The slice is a part of the
    /// input, not a copy of it. Pieces are cut as the input was.
    case data(ArraySlice<UInt8>, offset: UInt64)
    /// `count` bytes of zeros that are not in the archive.
    case hole(offset: UInt64, count: UInt64)
    /// The entry's content is complete. It comes for entries without content too.
    case endOfEntry
    /// No entry follows.
    case endOfArchive(TarEnding)
}

/// How an archive says that it ends.
public enum TarEnding: Hashable, Sendable {
    /// Two blocks of zeros, as POSIX asks.
    case twoZeroBlocks
    /// One block of zeros. GNU tar, libarchive and Python's tarfile end there too, whatever follows.
    case oneZeroBlock
    /// The end of the input where a header could begin. Some programs leave the blocks of zeros out.
    case endOfInput
}
