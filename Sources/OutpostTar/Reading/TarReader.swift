// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Reads a tar archive that comes in pieces of any size, and tells what it finds as events. It does no input and output.
///
/// It reads the formats of POSIX.1-2017 (ustar and pax), of GNU tar (long names, large numbers, sparse files in all four
/// forms), and the one of Unix V7 before them. Where they leave a choice:
///
/// - A type that it does not know is an error. POSIX would have it taken for a regular file, but then a label of a volume
///   or a part of a file would be a file that nobody meant.
/// - Links, devices, directories and pipes have no content, whatever size they claim. GNU tar and Python's tarfile do the
///   same; archives are around whose hard links give the size of the file.
/// - A global header that gives all files a size, a name, a map of holes or an extended attribute is an error.
/// - Two headers that both name the next entry are an error, because readers disagree on which one counts.
/// - The first block of zeros ends the archive. What follows is not read (`hasTrailingData`).
///
/// Its memory is bounded by `TarLimits`. It judges no path and no owner.
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
        /// Something was found.
        case event(TarEvent)
        /// Nothing was found, but there may be more in the input.
        case next
        /// Everything was taken.
        case needsInput
    }

    let limits: TarLimits
    var state = State.header
    var block = BlockBuffer()
    var globals = PAXRecords()
    var pending = PendingHeaders()
    // Beside the state and not in it, so that they grow in place and are not copied for each piece.
    var extended = ExtendedHeader()
    var sparse = SparseStart()
    var cursor = ContentCursor()
    /// Headers since the last entry.
    var headers = 0

    /// Bytes of the archive that were taken so far.
    public internal(set) var offset: UInt64 = 0

    /// Whether a byte other than 0 followed the end of the archive.
    public internal(set) var hasTrailingData = false

    /// A reader at the start of an archive.
    public init(limits: TarLimits = .standard) { self.limits = limits }

    /// Takes bytes off the front of `input` up to the next event.
    ///
    /// - Returns: nil when all of `input` is taken and tells nothing more. Call it until then, for some events need no
    ///   input. After the end of the archive it takes everything.
    /// - Throws: `TarError` with the place of what is wrong. The archive cannot be read on after that: each further call
    ///   throws the same.
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

    /// Tells the reader that the input has ended. Call it when `next` has returned nil for the last piece.
    ///
    /// - Returns: `endOfArchive`, or nil if `next` has returned that before.
    /// - Throws: `truncated` in the middle of something, `misplacedHeader` when a header describes an entry that does not
    ///   come, or what `next` has thrown before.
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

    /// The next block, nil until all of it is there.
    mutating func takeBlock(_ input: inout ArraySlice<UInt8>) -> HeaderBlock? {
        let count = input.count
        let bytes = block.take(from: &input)
        offset += UInt64(count - input.count)
        return bytes.map { HeaderBlock($0, offset: offset - UInt64(HeaderBlock.size)) }
    }

    mutating func take(_ count: Int, _ input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let taken = input.take(count)
        offset += UInt64(taken.count)
        return taken
    }

    func checkNothingIsPending() throws(TarError) {
        guard pending.isEmpty else {
            throw TarError(
                .misplacedHeader, at: offset, "the archive ends at byte \(offset) where an entry should begin")
        }
    }
}
