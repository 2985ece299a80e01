// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine

extension Call {
    /// Sends the body of the call to the input of a program, as fast as the program reads it.
    ///
    /// - Throws: `conflict` when the input is not open, before the client sends the body if possible.
    func send(_ query: InputQuery, to input: ProgramInput) async throws(OutpostError) {
        try input.check()
        try await incoming.forEachUntilCut(limit: Self.mostInput) { (piece) throws(OutpostError) in
            try await input.write(Array(piece.readableBytesView))
        }
        if query.isLast { try await input.close() }
    }

    /// The most bytes of one call. They are never in memory together.
    private static let mostInput = 1 << 40
}
