// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import Synchronization

/// Keeps a stateful sandbox up. It ends with `release`, or with its last reference.
final class SandboxHold: Sendable {
    /// What holds the sandbox.
    enum Kind: Hashable, Sendable {
        /// A call in progress, also an attached stream. It is a use: the sandbox does not expire meanwhile.
        case call
        /// A process that lives longer than a call. It is no use by itself.
        case process
    }

    /// The live sandbox. It may end meanwhile: its calls throw `unavailable` then.
    let instance: any RunningSandbox
    let kind: Kind
    private let onRelease: Mutex<(@Sendable () -> Void)?>

    /// Creates a hold.
    ///
    /// - Parameter onRelease: called once, at the end.
    init(_ instance: any RunningSandbox, _ kind: Kind, onRelease: @escaping @Sendable () -> Void) {
        self.instance = instance
        self.kind = kind
        self.onRelease = Mutex(onRelease)
    }

    deinit { release() }

    /// Ends the hold. Only the first call has an effect.
    func release() {
        let action = onRelease.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
    }
}
