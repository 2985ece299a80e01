// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// What the answer of a kernel's code keeps of its results.
final class KernelRecording: Sendable {
    private struct State {
        var results: [KernelResult] = []
        var bytes = 0
        var omitted = 0
    }

    private let state = Mutex(State())

    var results: [KernelResult] { state.withLock { $0.results } }
    /// The number of results that there was no room for.
    var omitted: Int { state.withLock { $0.omitted } }

    /// - Returns: whether there was room.
    func append(_ result: KernelResult) -> Bool {
        state.withLock { state in
            guard state.results.count < Kernel.mostResults, state.bytes + result.bytes <= Kernel.resultBytes else {
                state.omitted += 1
                return false
            }
            state.results.append(result)
            state.bytes += result.bytes
            return true
        }
    }
}
