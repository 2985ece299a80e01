// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A file of the host that is open for reading. It stays open as long as the value lives.
public protocol OpenFile: AnyObject, Sendable {
    /// The number of the file's descriptor in this process.
    var number: Int32 { get }
}
