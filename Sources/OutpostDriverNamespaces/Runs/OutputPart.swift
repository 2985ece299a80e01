// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The result of one round of reads from a pipe.
struct OutputPart: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Whether the stream has ended.
    private(set) var isLast = false

    /// The last part of a pipe that is no longer read.
    static let end = OutputPart()

    private init() { isLast = true }

    /// The bytes that a new pipe holds.
    static let pipeBytes = 64 << 10
    /// The time in which a fast program writes a part, in microseconds.
    private static let pause: UInt32 = 50
    /// The maximum number of reads in one round. Others wait for the thread.
    static let mostReads = 16

    /// Reads the available bytes.
    ///
    /// - Parameters:
    ///   - reads: the most reads.
    ///   - room: the most bytes.
    ///   - pauses: whether to wait a moment for more, once. A larger part costs less to pass on.
    init(from pipe: Descriptor, reads: Int = mostReads, room: Int = pipeBytes, pauses: Bool = false) {
        var mayPause = pauses
        let buffer = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            for _ in 0..<reads where filled < room && !isLast {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                do throws(SystemError) {
                    guard let count = try pipe.read(into: rest) else {
                        guard mayPause, filled < room / 2 else { return }
                        mayPause = false
                        pauseThread(microseconds: Self.pause)
                        continue
                    }
                    isLast = count == 0
                    filled += count
                } catch {
                    // A pipe with a read error has ended too.
                    isLast = true
                }
            }
        }
        // Its owner may keep a few bytes for long, and must not keep the whole buffer with them.
        bytes = buffer.count < room / 2 ? buffer.withUnsafeBytes { Array($0) } : buffer
    }
}
