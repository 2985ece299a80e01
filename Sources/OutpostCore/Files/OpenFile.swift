// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A file of the host's that is open for reading, and stays so as long as the value lives.
public protocol OpenFile: AnyObject, Sendable {
    /// Of its descriptor in this process.
    var number: Int32 { get }
}
