// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore
import Synchronization

/// A run whose output is printed as it comes.
struct LiveRun: Sendable {
    /// The limits that the caller set.
    let limits: KnownLimits

    typealias Take = @Sendable (ExecutionEvent) async throws -> Void

    /// The last byte on standard error.
    private final class LastByte: Sendable {
        let value = Mutex<UInt8?>(nil)
    }

    /// Prints the output of the run, and then the notes about its end. An interrupt cancels the run.
    ///
    /// - Parameter run: makes the call.
    /// - Throws: the exit code, unless it is 0; the errors of `run`.
    func deliver(_ run: @escaping @Sendable (@escaping Take) async throws -> Execution) async throws {
        let last = LastByte()
        let execution: Execution
        do {
            execution = try await Interrupt.canceling {
                try await run { event in
                    guard case .output(let stream, let bytes, _) = event else { return }
                    switch stream {
                    case .stdout: try Output.write(bytes)
                    case .stderr:
                        try Output.writeError(bytes)
                        last.value.withLock { $0 = bytes.last }
                    }
                }
            }
        } catch is Interrupt {
            throw ExitCode.signal(2)
        }
        try ExecutionReport(execution, limits: limits).withoutOutput(
            of: execution, after: last.value.withLock { $0 }
        ).deliver(inPlaceOfOutput: nil)
    }
}
