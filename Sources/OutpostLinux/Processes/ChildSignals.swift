// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// Tells a single-threaded loop that a child died (signalfd(2)).
public struct ChildSignals: Sendable {
    /// Becomes readable when a child dies, until `clear` is called.
    public let descriptor: Descriptor

    /// Blocks SIGCHLD in this thread. Cloned children start with an empty signal mask.
    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try shim("signalfd") { outpost_signalfd_children() })
    }

    /// Clears the pending signals. Call it before reaping. Otherwise the signal of a child that dies in between is lost.
    public func clear() throws(SystemError) {
        // The size of a signalfd_siginfo.
        var record = [UInt8](repeating: 0, count: 128)
        while try descriptor.read(into: &record) != nil {}
    }
}
