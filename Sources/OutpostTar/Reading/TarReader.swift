// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Reads a tar archive from pieces of any size and returns its content as events. It does no input and output itself.
///
/// It reads the formats of POSIX.1-2017 (ustar and pax), of GNU tar (long names, large numbers, sparse files in all four
/// forms) and of Unix V7. Where the formats leave a choice:
///
/// - An unknown type is an error. POSIX would make a regular file of it. Then a volume label or a part of a file would
///   become a file by mistake.
/// - Links, devices, directories and pipes have no content, whatever size their headers say. GNU tar and Python's tarfile
///   do the same. In some archives the headers of hard links have the size of the file.
/// - A global header that gives all files a size, a name, a sparse map or an extended attribute is an error.
/// - Two headers that both name the next entry are an error, because readers disagree which one counts.
/// - The first block of zeros ends the archive. The reader does not interpret what follows (`hasTrailingData`).
///
/// `TarLimits` bounds its memory. It does not check paths and owners.
///
///     var reader = TarReader()
///     while var piece = nextPiece() {
///         while let event = try reader.next(&piece) { handle(event) }
///     }
///     if let event = try reader.finish() { handle(event) }
public struct TarReader: Sendable {
    enum State {
        case header
        case extendedHeader
        case oldSparseMap
        case sparseMapText
        case content
        case padding(Int)
        case zeroBlock
        case ended
        case failed(TarError)
    }

    enum Step {
        /// The step gave an event.
        case event(TarEvent)
        /// The step gave no event. The input may have more.
        case next
        /// The step consumed all of the input.
        case needsInput
    }

    let limits: TarLimits
    var state = State.header
    var block = BlockBuffer()
    var globals = PAXRecords()
    var pending = PendingHeaders()
    // These are not in `state`, so they grow in place and are not copied for each piece.
    var extended = ExtendedHeader()
    var sparse = SparseStart()
    var cursor = ContentCursor()
    /// Headers since the last entry.
    var headers = 0

    /// Bytes of the archive that were consumed so far.
    public internal(set) var offset: UInt64 = 0

    /// Whether a byte other than 0 followed the end of the archive.
    public internal(set) var hasTrailingData = false

    /// Makes a reader at the start of an archive.
    public init(limits: TarLimits = .standard) { self.limits = limits }

    /// Consumes bytes from the front of `input` up to the next event.
    ///
    /// - Returns: nil when all of `input` is consumed and there is no event. Call it until then, because some events need
    ///   no input. After the end of the archive it consumes everything.
    /// - Throws: `TarError` with the offset of the fault. All later calls throw the same error.
    public mutating func next(_ input: inout ArraySlice<UInt8>) throws(TarError) -> TarEvent? {
        do throws(TarError) {
            while true {
                switch try step(&input) {
                case .event(let event): return event
                case .next: continue
                case .needsInput: return nil
                }
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Ends the input. Call it when `next` has returned nil for the last piece.
    ///
    /// - Returns: `endOfArchive`; nil when `next` has already returned it.
    /// - Throws: `truncated` inside a header or an entry; `misplacedHeader` when a header describes an entry that does
    ///   not come; or the error that `next` has thrown.
    public mutating func finish() throws(TarError) -> TarEvent? {
        do throws(TarError) {
            return try ending().map { .endOfArchive($0) }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func ending() throws(TarError) -> TarEnding? {
        switch state {
        case .ended: return nil
        case .failed(let error): throw error
        case .zeroBlock:
            state = .ended
            return .oneZeroBlock
        case .header where block.isEmpty:
            try checkNothingIsPending()
            state = .ended
            return .endOfInput
        default:
            throw TarError(.truncated, at: offset, "the archive is cut off at byte \(offset)")
        }
    }

    private mutating func step(_ input: inout ArraySlice<UInt8>) throws(TarError) -> Step {
        switch state {
        case .header: return try readHeader(&input)
        case .extendedHeader: return try readExtendedHeader(&input)
        case .oldSparseMap: return try readOldSparseMap(&input)
        case .sparseMapText: return try readSparseMapText(&input)
        case .content: return readContent(&input)
        case .padding(let missing): return skip(missing, &input)
        case .zeroBlock: return readSecondZeroBlock(&input)
        case .ended:
            dropTrailing(&input)
            return .needsInput
        case .failed(let error): throw error
        }
    }

    /// Consumes the next block; nil when it is not complete.
    mutating func readBlock(_ input: inout ArraySlice<UInt8>) -> HeaderBlock? {
        let count = input.count
        let bytes = block.readBlock(from: &input)
        offset += UInt64(count - input.count)
        return bytes.map { HeaderBlock($0, offset: offset - UInt64(HeaderBlock.size)) }
    }

    /// Consumes the first `count` bytes of `input`, or all bytes if there are fewer.
    mutating func consume(_ count: Int, _ input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let bytes = input.removePrefix(count)
        offset += UInt64(bytes.count)
        return bytes
    }

    func checkNothingIsPending() throws(TarError) {
        guard pending.isEmpty else {
            throw TarError(
                .misplacedHeader, at: offset, "the archive ends at byte \(offset) where an entry should begin")
        }
    }
}
