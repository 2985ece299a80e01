// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A named set of rules; single fields of a request win over it.
public enum SecurityPreset: String, Sendable, CaseIterable {
    case `default`
    /// Only /tmp, /dev/shm and the working directory can be written; fewer system calls; 16 processes.
    case strict
    /// Programs may trace each other, inside the sandbox only.
    case debug

    /// Processes and threads at one time, where the request does not say; nil for the configuration's default.
    public var maxProcesses: Int? { self == .strict ? 16 : nil }
}
