// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// What a command has read of its standard input before it makes its call.
struct ReadInput: Equatable {
    var bytes: [UInt8]
    /// Whether more may follow.
    var isOpen = false

    /// The most bytes that go with the call. Longer input is sent while the program runs.
    static let mostBytes = 64 << 10

    /// Reads what a descriptor has now, without waiting. A terminal is not read.
    ///
    /// - Throws: `invalid_request` when the descriptor cannot be read.
    static func available(_ descriptor: Int32) throws(OutpostError) -> ReadInput {
        var input = ReadInput(bytes: [], isOpen: true)
        guard isatty(descriptor) == 0 else { return input }
        var part = [UInt8](repeating: 0, count: mostBytes)
        while input.bytes.count < mostBytes, isReadable(descriptor) {
            let count = read(descriptor, &part, mostBytes - input.bytes.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return input }
            guard count >= 0 else {
                throw OutpostError(.invalidRequest, "cannot read standard input: \(String(cString: strerror(errno)))")
            }
            if count == 0 {
                input.isOpen = false
                return input
            }
            input.bytes += part.prefix(count)
        }
        return input
    }

    /// Whether a read would not wait.
    private static func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }
}
