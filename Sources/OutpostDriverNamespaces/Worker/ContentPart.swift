// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The result of one round of reads from a pipe with the bytes of a file.
struct ContentPart<Bytes: FilledBytes>: Sendable {
    let bytes: Bytes
    /// Whether the pipe has ended.
    let isLast: Bool

    /// The most bytes of a part. A client that does not read holds one part. Each larger part of new memory costs page faults.
    static var most: Int { 512 << 10 }
    /// Bytes from which a part is passed on. A larger part costs less for each byte.
    private static var enough: Int { most / 2 }
    /// Milliseconds to wait for more.
    private static var patience: Int32 { 5 }

    /// Reads the available bytes. Waits some milliseconds when they are few.
    init(from pipe: Descriptor) {
        var isLast = false
        bytes = Bytes(capacity: Self.most) { memory in
            var filled = 0
            while filled < Self.enough, !isLast {
                let rest = UnsafeMutableRawBufferPointer(rebasing: memory[filled...])
                do throws(SystemError) {
                    if let count = try pipe.read(into: rest) {
                        isLast = count == 0
                        filled += count
                    } else if try !Self.waits(for: pipe) {
                        break
                    }
                } catch {
                    // A pipe with a read error has ended too. The worker's frames do not say that this is the end of the file.
                    isLast = true
                }
            }
            return filled
        }
        self.isLast = isLast
    }

    /// Waits a moment for an event of the pipe, and returns whether there was one.
    private static func waits(for pipe: Descriptor) throws(SystemError) -> Bool {
        let events = try poll([PollEntry(pipe.number)], milliseconds: patience)
        return events.contains { $0.isReadable || $0.isClosed }
    }
}
