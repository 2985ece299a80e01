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

    /// The maximum number of reads in one round. Others wait for the thread.
    static let mostReads = 16

    /// Reads the available bytes, with at most this number of reads.
    init(from pipe: Descriptor, reads: Int = mostReads) {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            for _ in 0..<reads {
                do throws(SystemError) {
                    guard let count = try pipe.read(into: buffer) else { return }
                    isLast = count == 0
                    bytes += buffer.prefix(count)
                } catch {
                    // A pipe with a read error has ended too.
                    isLast = true
                }
                if isLast { return }
            }
        }
    }
}
