// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// What one look into a pipe has found.
struct OutputPart: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Whether nothing can come any more.
    private(set) var isLast = false

    /// Of a pipe that nobody reads any more.
    static let end = OutputPart()

    private init() { isLast = true }

    /// No more is fair to others who wait for the thread.
    static let mostReads = 16

    /// Reads what is there, but no more than at so many times.
    init(from pipe: Descriptor, reads: Int = mostReads) {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            for _ in 0..<reads {
                do throws(SystemError) {
                    guard let count = try pipe.read(into: buffer) else { return }
                    isLast = count == 0
                    bytes += buffer.prefix(count)
                } catch {
                    // A pipe that cannot be read has ended too.
                    isLast = true
                }
                if isLast { return }
            }
        }
    }
}
