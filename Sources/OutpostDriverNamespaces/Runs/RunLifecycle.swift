// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// How far a run is: what it hears goes in, what is to be done comes out.
struct RunLifecycle: Hashable, Sendable {
    /// How the program ended.
    enum Ending: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        case refused(GuestEvent.Stage, position: Int, errno: Int32, detail: String)
        /// The agent is gone; nothing more will be reported.
        case sandboxDied
    }

    enum State: Hashable, Sendable {
        case running
        /// It is killed until its end is reported.
        case stopping
        case ended(Ending)
    }

    enum Event: Hashable, Sendable {
        /// Somebody wants it to end.
        case killed
        case outOfMemory
        case ended(Ending)
    }

    enum Effect: Hashable, Sendable {
        /// To kill it until it has ended.
        case kill
        /// To tell whoever waits for its end.
        case finish(Ending)
    }

    private(set) var state = State.running
    private(set) var isOutOfMemory = false

    var ending: Ending? { if case .ended(let ending) = state { ending } else { nil } }

    /// Takes what has happened. What comes after the end has no effect, nor has a second end: it is the agent's mistake.
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

    /// One that is being killed already is killed again and again.
    private mutating func beginToStop(_ before: State) -> Effect? {
        state = .stopping
        return before == .running ? .kill : nil
    }
}
