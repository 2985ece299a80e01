// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts the bytes of a file that are left to send. A file that grows meanwhile is sent up to its old size.
final class ByteCount: Sendable {
    private let rest: Mutex<Int64?>

    private static let partBytes: Int64 = 262_144

    /// - Parameter size: nil when the size is unknown.
    init(_ size: Int64?) { rest = Mutex(size) }

    /// The most bytes of the next part. Nil when none are left.
    var most: Int? {
        rest.withLock { rest in
            guard let rest else { return Int(Self.partBytes) }
            return rest > 0 ? Int(min(rest, Self.partBytes)) : nil
        }
    }

    /// Whether bytes are left of a file whose size is known.
    var isMissing: Bool { rest.withLock { $0 ?? 0 > 0 } }

    func pass(_ count: Int) { rest.withLock { rest in rest = rest.map { $0 - Int64(count) } } }
}
