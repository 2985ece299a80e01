// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostEngine

extension FairWork {
    /// Encodes events of a stream. Much output is encoded on a separate thread, in turns of the namespaces. Otherwise fast
    /// streams of one namespace would keep the task pool from all others.
    ///
    /// - Parameter bytes: about the bytes of output that the events show.
    func encode(
        _ bytes: Int, for owner: NamespaceName, _ text: @escaping @Sendable () -> [UInt8]
    ) async -> [UInt8] {
        let bytes = bytes > Self.smallOutput ? max(bytes, Self.smallBytes + 1) : 0
        do throws(OutpostError) {
            return try await run(bytes: bytes, for: owner) { () throws(OutpostError) in text() }
        } catch {
            // There is no turn: too many wait, or the server stops. A stream must not end for that.
            return text()
        }
    }

    /// Bytes of output that are encoded at once.
    private static let smallOutput = 4096
}
