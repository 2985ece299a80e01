// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Writes a tar archive part by part. It does no input and output: it returns the bytes that come next, and the same calls
/// return the same bytes.
///
/// An entry that fits a ustar header has that alone. Any other has a PAX header before it (POSIX.1-2017, pax). Extended
/// attributes become `SCHILY.xattr` records and sparse files the PAX format 1.0 of GNU tar, which GNU tar, libarchive and
/// Python's tarfile read. Each part with data of a sparse file must be whole blocks of 512 bytes, but for the last one.
///
///     var writer = TarWriter()
///     output += try writer.begin(entry)
///     output += try writer.content(bytes)
///     output += try writer.end()
///     output += try writer.finish()
///
/// A call that throws leaves the writer as it was.
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

    /// A writer at the start of an archive. Times that are not whole seconds are cut off, or have a PAX header if the
    /// writer `keepsNanoseconds`.
    public init(keepsNanoseconds: Bool = false) { self.keepsNanoseconds = keepsNanoseconds }

    /// The headers of `entry`. The map of a sparse file is among them.
    ///
    /// - Throws: `unwritable`, `badName` and `badSparseMap` for an entry that no reader could read as it is meant;
    ///   `wrongOrder` before the last entry has ended.
    public mutating func begin(_ entry: TarEntry) throws(TarError) -> [UInt8] {
        guard case .betweenEntries = state else { throw wrongOrder("an entry begins before the last one has ended") }
        let bytes = try EntryWriter(entry, keepsNanoseconds: keepsNanoseconds, offset: offset).bytes()
        state = .content(missing: entry.storedSize)
        return counted(bytes)
    }

    /// The next piece of the entry's content. The parts with data of a sparse file follow each other without the holes.
    ///
    /// - Returns: `bytes` as they are.
    /// - Throws: `contentTooLong` for more than the entry has; `wrongOrder` where there is no entry.
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

    /// The padding behind the entry's content.
    ///
    /// - Throws: `contentTooShort` for less than the entry has; `wrongOrder` where there is no entry.
    public mutating func end() throws(TarError) -> [UInt8] {
        guard case .content(let missing) = state else { throw wrongOrder("an entry ends where there is none") }
        guard missing == 0 else {
            throw TarError(.contentTooShort, at: offset, "an entry gets less content than its size")
        }
        state = .betweenEntries
        return counted([UInt8](repeating: 0, count: paddingBytes(after: offset)))
    }

    /// The two blocks of zeros that end an archive.
    ///
    /// - Throws: `wrongOrder` within an entry, and when the archive has ended before.
    public mutating func finish() throws(TarError) -> [UInt8] {
        guard case .betweenEntries = state else { throw wrongOrder("the archive ends where it cannot") }
        state = .finished
        return counted([UInt8](repeating: 0, count: 2 * HeaderBlock.size))
    }

    private mutating func counted(_ bytes: [UInt8]) -> [UInt8] {
        offset += UInt64(bytes.count)
        return bytes
    }

    private func wrongOrder(_ problem: String) -> TarError { TarError(.wrongOrder, at: offset, problem) }
}
