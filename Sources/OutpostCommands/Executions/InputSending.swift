// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostClient
import OutpostCore

/// Sends the standard input of this process to a run, as it comes.
struct InputSending: Sendable {
    let client: OutpostClient

    /// Sends until the input ends, or nobody reads it any more.
    ///
    /// - Throws: the errors of the calls; `CancellationError`.
    func send(to id: ExecutionID, in sandbox: SandboxID) async throws {
        let reader = InputReader()
        while let piece = await reader.next() {
            do throws(OutpostError) {
                try await send(piece, to: id, in: sandbox)
            } catch {
                // The run has ended. Its own answer tells how.
                if error.code == .conflict || error.code == .notFound { return }
                // When the connection broke because the run has ended, its answer comes soon and ends this task.
                try await Task.sleep(for: Self.patienceForEnd)
                throw error
            }
            if piece.isLast { return }
        }
        throw CancellationError()
    }

    private static let patienceForEnd = Duration.seconds(5)

    /// Sends a piece, again after each refusal for the rate of the calls.
    private func send(
        _ piece: InputReader.Piece, to id: ExecutionID, in sandbox: SandboxID
    ) async throws(OutpostError) {
        while true {
            do throws(OutpostError) {
                return try await client.writeInput(piece.bytes, to: id, in: sandbox, isLast: piece.isLast)
            } catch {
                guard error.code == .rateLimited, !Task.isCancelled else { throw error }
                // A cancelled sleep ends the loop.
                try? await Task.sleep(for: .seconds(max(1, error.retryAfter ?? 1)))
            }
        }
    }
}
