// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Whether a stateful sandbox is up: what happens goes in, what is to be done comes out.
///
/// Each instance has a number of its own, so that nothing that is said of an earlier one changes a later one.
struct InstanceLifecycle<Instance: Sendable>: Sendable {
    enum State: Sendable {
        case down
        /// One is being brought up.
        case starting(number: Int)
        case up(Instance, number: Int)
        /// It is being ended; its disk is in use until that is done.
        case leaving(Instance, number: Int)
    }

    /// What somebody has to do who wants it up.
    enum Action: Sendable {
        /// To bring one up, and to say what came of it.
        case start(number: Int)
        /// To wait for what another brings up.
        case join
        /// To use this one, when it is alive, and to say so when it is not.
        case use(Instance, number: Int)
        /// To wait until this one is gone, and to ask again.
        case wait(Instance, number: Int)
    }

    private(set) var state = State.down
    private var nextNumber = 1

    /// The one that is up.
    var instance: Instance? { if case .up(let instance, _) = state { instance } else { nil } }

    /// Somebody wants it up.
    mutating func ask() -> Action {
        switch state {
        case .down:
            defer { nextNumber += 1 }
            state = .starting(number: nextNumber)
            return .start(number: nextNumber)
        case .starting: return .join
        case .up(let instance, let number): return .use(instance, number: number)
        case .leaving(let instance, let number): return .wait(instance, number: number)
        }
    }

    /// It has come up.
    mutating func started(_ number: Int, _ instance: Instance) {
        guard case .starting(number) = state else { return }
        state = .up(instance, number: number)
    }

    /// It could not be brought up.
    ///
    /// - Returns: whether what was taken for it is to be given back.
    mutating func failed(_ number: Int) -> Bool {
        guard case .starting(number) = state else { return false }
        state = .down
        return true
    }

    /// It is to be ended.
    ///
    /// - Returns: the one to end; nil when none is up, or when it is being ended already.
    mutating func leave() -> (instance: Instance, number: Int)? {
        guard case .up(let instance, let number) = state else { return nil }
        state = .leaving(instance, number: number)
        return (instance, number)
    }

    /// Nothing of it is left, whether it was asked to end or has died.
    ///
    /// - Returns: whether that is new, so that what was taken for it is to be given back.
    mutating func ended(_ number: Int) -> Bool {
        switch state {
        case .up(_, number), .leaving(_, number):
            state = .down
            return true
        case .down, .starting, .up, .leaving: return false
        }
    }
}
