// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How far an interpreter is that others are copied from. It outlives its use as long as a copy lives, since the kernel ends the
/// copies with it.
struct ZygoteLifecycle: Hashable, Sendable {
    enum State: Hashable, Sendable {
        /// Copies are made from it; so many were made, and so many of their sandboxes live.
        case serving(forks: Int, children: Int)
        /// It makes no more, and so many sandboxes live.
        case retired(children: Int)
        case ended
    }

    enum Event: Hashable, Sendable {
        /// A sandbox is made from it.
        case forked
        /// Nothing is left of a sandbox that was made from it.
        case childEnded
        /// It is to make no more.
        case retired
        /// Its process has ended.
        case died
    }

    private(set) var state = State.serving(forks: 0, children: 0)

    /// Copies that were made, as long as more are.
    var forks: Int? { if case .serving(let forks, _) = state { forks } else { nil } }

    /// Takes what has happened. What cannot happen any more has no effect.
    ///
    /// - Returns: whether its own sandbox is to go now.
    mutating func handle(_ event: Event) -> Bool {
        switch (state, event) {
        case (.serving(let forks, let children), .forked):
            state = .serving(forks: forks + 1, children: children + 1)
        case (.serving(let forks, let children), .childEnded):
            state = .serving(forks: forks, children: max(0, children - 1))
        case (.serving(_, let children), .retired): return retire(children)
        // One that was on its way when it retired.
        case (.retired(let children), .forked): state = .retired(children: children + 1)
        case (.retired(let children), .childEnded): return retire(children - 1)
        case (.serving, .died), (.retired, .died):
            state = .ended
            return true
        case (.retired, .retired), (.ended, _): break
        }
        return false
    }

    private mutating func retire(_ children: Int) -> Bool {
        state = children > 0 ? .retired(children: children) : .ended
        return children <= 0
    }
}
