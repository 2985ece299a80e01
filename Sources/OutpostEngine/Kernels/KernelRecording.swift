// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// What the answer of a kernel's code keeps of its output and results.
final class KernelRecording: Sendable {
    private struct State {
        var stdout: OutputRecord
        var stderr: OutputRecord
        var results: [KernelResult] = []
        var bytes = 0
        var omitted = 0
    }

    private let state: Mutex<State>

    init(_ empty: OutputRecord) { state = Mutex(State(stdout: empty, stderr: empty)) }

    var stdout: CapturedOutput { state.withLock { $0.stdout.output } }
    var stderr: CapturedOutput { state.withLock { $0.stderr.output } }
    var results: [KernelResult] { state.withLock { $0.results } }
    /// The number of results that there was no room for.
    var omitted: Int { state.withLock { $0.omitted } }

    /// - Returns: the bytes of both streams so far.
    func append(_ bytes: [UInt8], to stream: LiveOutput.Stream) -> Int {
        state.withLock { state in
            switch stream {
            case .stdout: state.stdout.append(bytes[...])
            case .stderr: state.stderr.append(bytes[...])
            }
            return state.stdout.total + state.stderr.total
        }
    }

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
