// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The state machine of a stateful sandbox's instance. Events go in, actions come out.
///
/// Each instance has a number. An event with the number of an earlier instance changes nothing.
struct InstanceLifecycle<Instance: Sendable>: Sendable {
    enum State: Sendable {
        case down
        /// An instance is being started.
        case starting(number: Int)
        case up(Instance, number: Int)
        /// The instance is being destroyed. It uses the disk until then.
        case leaving(Instance, number: Int)
    }

    /// What a caller that needs an instance must do.
    enum Action: Sendable {
        /// Start an instance, and report the result.
        case start(number: Int)
        /// Wait for the start in progress.
        case join
        /// Use this instance if it is alive. Otherwise report that it has ended.
        case use(Instance, number: Int)
        /// Wait until this instance has ended, and ask again.
        case wait(Instance, number: Int)
    }

    private(set) var state = State.down
    private var nextNumber = 1

    /// The instance that is up.
    var instance: Instance? { if case .up(let instance, _) = state { instance } else { nil } }

    /// Asks for an instance.
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

    /// Records that an instance has started.
    mutating func started(_ number: Int, _ instance: Instance) {
        guard case .starting(number) = state else { return }
        state = .up(instance, number: number)
    }

    /// Records that an instance could not be started.
    ///
    /// - Returns: whether the caller must release the instance's quota.
    mutating func failed(_ number: Int) -> Bool {
        guard case .starting(number) = state else { return false }
        state = .down
        return true
    }

    /// Asks for the end of the instance.
    ///
    /// - Returns: the instance to destroy. Nil when none is up or it is already being destroyed.
    mutating func leave() -> (instance: Instance, number: Int)? {
        guard case .up(let instance, let number) = state else { return nil }
        state = .leaving(instance, number: number)
        return (instance, number)
    }

    /// Records that an instance has ended.
    ///
    /// - Returns: whether this is new. Then the caller must release the instance's quota.
    mutating func ended(_ number: Int) -> Bool {
        switch state {
        case .up(_, number), .leaving(_, number):
            state = .down
            return true
        case .down, .starting, .up, .leaving: return false
        }
    }
}
