// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// Tells a single-threaded loop that some child died. Readable until `clear` is called.
public struct ChildSignals: Sendable {
    public let descriptor: Descriptor

    /// Blocks SIGCHLD in this thread; children start with an empty mask all the same.
    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try shim("signalfd") { outpost_signalfd_children() })
    }

    /// Takes what has been signalled; call it before reaping, so that no death falls between.
    public func clear() throws(SystemError) {
        // The size of a signalfd_siginfo.
        var record = [UInt8](repeating: 0, count: 128)
        while try descriptor.read(into: &record) != nil {}
    }
}
