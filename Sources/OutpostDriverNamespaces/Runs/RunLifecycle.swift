// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// The state machine of a run. Events go in, actions come out.
struct RunLifecycle: Hashable, Sendable {
    /// How the program ended.
    enum Ending: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        case refused(GuestEvent.Stage, position: Int, errno: Int32, detail: String)
        /// The agent is gone and reports nothing more.
        case sandboxDied
    }

    enum State: Hashable, Sendable {
        case running
        /// It is killed again and again until its end is reported.
        case stopping
        case ended(Ending)
    }

    enum Event: Hashable, Sendable {
        /// A caller wants the run to end.
        case killed
        case outOfMemory
        case ended(Ending)
    }

    enum Effect: Hashable, Sendable {
        /// Kill the run until it has ended.
        case kill
        /// Report the end to everyone who waits for it.
        case finish(Ending)
    }

    private(set) var state = State.running
    private(set) var isOutOfMemory = false

    var ending: Ending? { if case .ended(let ending) = state { ending } else { nil } }

    /// Handles an event. Events after the end have no effect. A second end is an error of the agent.
    mutating func handle(_ event: Event) -> Effect? {
        switch (state, event) {
        case (.ended, _): return nil
        case (_, .ended(let ending)):
            state = .ended(ending)
            return .finish(ending)
        case (let before, .killed): return beginToStop(before)
        case (let before, .outOfMemory):
            isOutOfMemory = true
            return beginToStop(before)
        }
    }

    /// A run that is being killed is killed repeatedly anyway.
    private mutating func beginToStop(_ before: State) -> Effect? {
        state = .stopping
        return before == .running ? .kill : nil
    }
}
