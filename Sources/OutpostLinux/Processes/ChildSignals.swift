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
        var failure: SystemError?
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { buffer in
            do throws(SystemError) { while try descriptor.read(into: buffer) != nil {} } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
