// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Programs that run until a test lets them end or their run is cancelled.
final class HeldPrograms: Sendable {
    private enum Program {
        case running(CheckedContinuation<Bool, Never>)
        /// Ended before it was waited for.
        case ended(finished: Bool)
    }

    private let programs = Mutex<[String: Program]>([:])

    /// Waits for the end of the program.
    ///
    /// - Returns: whether it was let end; false when its run was cancelled.
    func run(_ name: String) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ended: Bool? = programs.withLock { programs in
                    if case .ended(let finished) = programs[name] { return finished }
                    programs[name] = .running(continuation)
                    return nil
                }
                if let ended { continuation.resume(returning: ended) }
            }
        } onCancel: {
            end(name, finished: false)
        }
    }

    func finish(_ name: String) { end(name, finished: true) }

    private func end(_ name: String, finished: Bool) {
        let continuation: CheckedContinuation<Bool, Never>? = programs.withLock { programs in
            switch programs[name] {
            case .ended: return nil
            case .running(let continuation):
                programs[name] = .ended(finished: finished)
                return continuation
            case nil:
                programs[name] = .ended(finished: finished)
                return nil
            }
        }
        continuation?.resume(returning: finished)
    }
}
