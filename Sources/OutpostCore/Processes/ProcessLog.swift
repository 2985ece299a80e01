// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What is kept of a process's output.
public struct ProcessLog: Hashable, Sendable {
    public let id: ProcessID
    public var status: ProcessStatus
    public var stdout: [UInt8]
    public var stderr: [UInt8]
    /// Bytes of both streams that were asked for and are not kept any more.
    public var dropped: Int
    /// Bytes of both streams so far. A later call with this number gets what came since.
    public var end: Int

    public init(id: ProcessID, status: ProcessStatus, stdout: [UInt8], stderr: [UInt8], dropped: Int, end: Int) {
        self.id = id
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.dropped = dropped
        self.end = end
    }
}
