// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Takes the output of a kernel's program apart into frames. The program may send anything: a frame is never kept unless
/// its length is allowed.
///
/// A frame has the length of its payload (4 bytes, little-endian), its kind (1 byte), and its payload.
struct KernelFrames {
    enum Kind: UInt8 { case message, stdout, stderr }

    /// A piece of the input.
    enum Piece: Hashable {
        case message([UInt8])
        /// A part of the payload of an output frame.
        case stdout(ArraySlice<UInt8>)
        case stderr(ArraySlice<UInt8>)
    }

    /// Why the input is not of the protocol.
    enum Violation: Error, Hashable {
        case unknownKind(UInt8)
        case tooLong(Int)
    }

    static let headerBytes = 5
    /// The longest payload of an output frame, or of a message that is skipped. It is not kept, so the limit only finds
    /// garbage.
    static let longestOutput = 16 << 20

    private var header: [UInt8] = []
    private var kind = Kind.message
    /// Bytes of the payload that have not come.
    private var rest = 0
    private var message: [UInt8] = []
    private var isSkipped = false

    /// Takes the next bytes.
    ///
    /// - Parameter longest: the most bytes of a message that begins now; 0 to skip it.
    /// - Throws: `Violation`. The input cannot be read any more.
    mutating func append(
        _ bytes: ArraySlice<UInt8>, longest: Int, _ take: (Piece) -> Void
    ) throws(Violation) {
        var bytes = bytes
        while !bytes.isEmpty {
            if rest == 0 {
                let missing = bytes.prefix(Self.headerBytes - header.count)
                header += missing
                bytes = bytes.dropFirst(missing.count)
                guard header.count == Self.headerBytes else { return }
                try begin(longest: longest)
                if rest == 0 { end(take) }
                continue
            }
            let part = bytes.prefix(rest)
            bytes = bytes.dropFirst(part.count)
            rest -= part.count
            switch kind {
            case .message: if !isSkipped { message += part }
            case .stdout: take(.stdout(part))
            case .stderr: take(.stderr(part))
            }
            if rest == 0 { end(take) }
        }
    }

    private mutating func begin(longest: Int) throws(Violation) {
        let length = header.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard let kind = Kind(rawValue: header[4]) else { throw .unknownKind(header[4]) }
        isSkipped = kind == .message && longest == 0
        let limit = kind == .message && !isSkipped ? longest : Self.longestOutput
        guard length <= limit else { throw .tooLong(length) }
        self.kind = kind
        rest = length
    }

    private mutating func end(_ take: (Piece) -> Void) {
        header.removeAll(keepingCapacity: true)
        guard kind == .message, !isSkipped else { return }
        take(.message(message))
        message = []
    }

    /// Returns a message as a frame.
    static func frame(_ message: [UInt8]) -> [UInt8] {
        let length = UInt32(message.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + [Kind.message.rawValue] + message
    }
}
