// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The state machine of a zygote. A retired zygote lives as long as a fork of it, because the kernel would end the
/// forks with it.
struct ZygoteLifecycle: Hashable, Sendable {
    enum State: Hashable, Sendable {
        /// It can be forked. `forks` counts all forks, `children` the live ones.
        case serving(forks: Int, children: Int)
        /// It is not forked any more. `children` counts the live forks.
        case retired(children: Int)
        case ended
    }

    enum Event: Hashable, Sendable {
        /// A sandbox was forked.
        case forked
        /// A forked sandbox is destroyed.
        case childEnded
        /// It must not be forked any more.
        case retired
        /// The process of the zygote has ended.
        case died
    }

    private(set) var state = State.serving(forks: 0, children: 0)

    /// The number of forks. Nil when it cannot be forked any more.
    var forks: Int? { if case .serving(let forks, _) = state { forks } else { nil } }

    /// Handles an event. An event that is impossible in this state has no effect.
    ///
    /// - Returns: whether to destroy the zygote's sandbox now.
    mutating func handle(_ event: Event) -> Bool {
        switch (state, event) {
        case (.serving(let forks, let children), .forked):
            state = .serving(forks: forks + 1, children: children + 1)
        case (.serving(let forks, let children), .childEnded):
            state = .serving(forks: forks, children: max(0, children - 1))
        case (.serving(_, let children), .retired): return retire(children)
        // This fork was in progress when the zygote retired.
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
