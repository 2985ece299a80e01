// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The error of a command that the user interrupted (SIGINT).
struct Interrupt: Error {
    /// Runs `body`. An interrupt meanwhile cancels `body` instead of ending the process.
    ///
    /// - Throws: `Interrupt` when the interrupt came before the end of `body`; the error of `body`.
    static func canceling<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let previous = signal(SIGINT, SIG_IGN)
        defer { _ = signal(SIGINT, previous) }
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        let (interrupts, continuation) = AsyncStream.makeStream(of: Void.self)
        source.setEventHandler { continuation.yield() }
        source.activate()
        defer { source.cancel() }
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in interrupts { throw Interrupt() }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}
