// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// How far a process is, as its agent knows it: what it hears goes in, what it has to do comes out.
struct ProcessLifecycle: Hashable, Sendable {
    enum State: Hashable, Sendable {
        /// It is on its way from its clone to its program.
        case starting
        case running
        /// A step on that way failed; its process is about to end.
        case failed(ChildProcess.Failure)
        case ended
    }

    enum Event: Hashable, Sendable {
        case executed
        case stepFailed(ChildProcess.Failure)
        case reaped(ChildProcess.Exit)
    }

    /// What the agent tells the host, and what it takes away.
    enum Effect: Hashable, Sendable {
        case tellStart
        case tellRefusal(ChildProcess.Failure)
        case tellEnd(ChildProcess.Exit)
        /// What it leaves is taken away; that it was refused or did not end well decides what.
        case clear(hasFailed: Bool)
    }

    private(set) var state = State.starting

    /// Takes what has happened. What cannot happen any more has no effect.
    mutating func take(_ event: Event) -> [Effect] {
        switch (state, event) {
        case (.starting, .executed):
            state = .running
            return [.tellStart]
        case (.starting, .stepFailed(let failure)):
            state = .failed(failure)
            return []
        case (.starting, .reaped(let exit)), (.running, .reaped(let exit)):
            state = .ended
            return [.tellEnd(exit), .clear(hasFailed: exit != .code(0))]
        case (.failed(let failure), .reaped):
            state = .ended
            return [.tellRefusal(failure), .clear(hasFailed: true)]
        case (.running, .executed), (.running, .stepFailed), (.failed, .executed), (.failed, .stepFailed), (.ended, _):
            return []
        }
    }
}
