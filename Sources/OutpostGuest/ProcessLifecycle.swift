// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The state machine of a process in the agent. It turns events of the process into actions of the agent.
struct ProcessLifecycle: Hashable, Sendable {
    enum State: Hashable, Sendable {
        /// The process runs its steps, and has not executed its program.
        case starting
        case running
        /// A step failed, and the process is about to end.
        case failed(ChildProcess.Failure)
        case ended
    }

    enum Event: Hashable, Sendable {
        case executed
        case stepFailed(ChildProcess.Failure)
        case reaped(ChildProcess.Exit)
    }

    /// An action of the agent.
    enum Effect: Hashable, Sendable {
        case reportStart
        case reportRefusal(ChildProcess.Failure)
        case reportEnd(ChildProcess.Exit)
        /// Clean up after the process. `hasFailed` is true when it was refused or did not exit with code 0.
        case cleanUp(hasFailed: Bool)
    }

    private(set) var state = State.starting

    /// Changes the state and returns the actions. An event that is impossible in the state has no effect.
    mutating func handle(_ event: Event) -> [Effect] {
        switch (state, event) {
        case (.starting, .executed):
            state = .running
            return [.reportStart]
        case (.starting, .stepFailed(let failure)):
            state = .failed(failure)
            return []
        case (.starting, .reaped(let exit)), (.running, .reaped(let exit)):
            state = .ended
            return [.reportEnd(exit), .cleanUp(hasFailed: exit != .code(0))]
        case (.failed(let failure), .reaped):
            state = .ended
            return [.reportRefusal(failure), .cleanUp(hasFailed: true)]
        case (.running, .executed), (.running, .stepFailed), (.failed, .executed), (.failed, .stepFailed), (.ended, _):
            return []
        }
    }
}
