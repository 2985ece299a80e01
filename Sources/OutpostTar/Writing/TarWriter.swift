// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Writes a tar archive part by part. It does no input and output itself: each call returns the next bytes. The same
/// calls always return the same bytes.
///
/// An entry that fits a ustar header has only that header. Other entries have a PAX header before it (POSIX.1-2017, pax).
/// Extended attributes are `SCHILY.xattr` records. Sparse files have the PAX format 1.0 of GNU tar, which GNU tar,
/// libarchive and Python's tarfile read. Each part with data of a sparse file, except the last one, must be whole blocks
/// of 512 bytes.
///
///     var writer = TarWriter()
///     output += try writer.begin(entry)
///     output += try writer.content(bytes)
///     output += try writer.end()
///     output += try writer.finish()
///
/// A call that throws does not change the writer.
public struct TarWriter: Sendable {
    private enum State {
        case betweenEntries
        case content(missing: UInt64)
        case finished
    }

    private var state = State.betweenEntries
    private let keepsNanoseconds: Bool

    /// Bytes of the archive that were returned so far.
    public private(set) var offset: UInt64 = 0

    /// Makes a writer at the start of an archive.
    ///
    /// - Parameter keepsNanoseconds: whether a time with a fraction gets a PAX header. Otherwise the fraction is dropped.
    public init(keepsNanoseconds: Bool = false) { self.keepsNanoseconds = keepsNanoseconds }

    /// Begins an entry.
    ///
    /// - Returns: the headers of the entry, with the map of a sparse file.
    /// - Throws: `unwritable`, `badName` and `badSparseMap` for an entry that the format cannot store; `wrongOrder`
    ///   before the end of the last entry.
    public mutating func begin(_ entry: TarEntry) throws(TarError) -> [UInt8] {
        guard case .betweenEntries = state else { throw wrongOrder("an entry begins before the last one has ended") }
        let bytes = try EntryWriter(entry, keepsNanoseconds: keepsNanoseconds, offset: offset).bytes()
        state = .content(missing: entry.storedSize)
        return counted(bytes)
    }

    /// Adds the next piece of the entry's content. For a sparse file these are the parts with data, without the holes.
    ///
    /// - Returns: `bytes` unchanged.
    /// - Throws: `contentTooLong` for more bytes than the entry has; `wrongOrder` outside of an entry.
    public mutating func content(_ bytes: ArraySlice<UInt8>) throws(TarError) -> ArraySlice<UInt8> {
        guard case .content(let missing) = state else { throw wrongOrder("content comes where there is no entry") }
        let count = UInt64(bytes.count)
        guard count <= missing else {
            throw TarError(.contentTooLong, at: offset, "an entry gets more content than its size")
        }
        state = .content(missing: missing - count)
        offset += count
        return bytes
    }

    /// Ends the entry.
    ///
    /// - Returns: the padding after its content.
    /// - Throws: `contentTooShort` for fewer bytes than the entry has; `wrongOrder` outside of an entry.
    public mutating func end() throws(TarError) -> [UInt8] {
        guard case .content(let missing) = state else { throw wrongOrder("an entry ends where there is none") }
        guard missing == 0 else {
            throw TarError(.contentTooShort, at: offset, "an entry gets less content than its size")
        }
        state = .betweenEntries
        return counted([UInt8](repeating: 0, count: paddingBytes(after: offset)))
    }

    /// Ends the archive.
    ///
    /// - Returns: two blocks of zeros.
    /// - Throws: `wrongOrder` inside an entry and after the end of the archive.
    public mutating func finish() throws(TarError) -> [UInt8] {
        guard case .betweenEntries = state else {
            throw wrongOrder("the archive ends inside an entry, or has ended already")
        }
        state = .finished
        return counted([UInt8](repeating: 0, count: 2 * HeaderBlock.size))
    }

    private mutating func counted(_ bytes: [UInt8]) -> [UInt8] {
        offset += UInt64(bytes.count)
        return bytes
    }

    private func wrongOrder(_ problem: String) -> TarError { TarError(.wrongOrder, at: offset, problem) }
}
