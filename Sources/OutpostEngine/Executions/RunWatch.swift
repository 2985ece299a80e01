// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What somebody wants of a run besides its result.
public struct RunWatch: Sendable {
    /// Asked when there is a sandbox and before anything of the caller's runs in it.
    public var begin: RunBeginning
    /// Gets what the program writes while it runs.
    public var output: LiveOutput?
    /// Whether the run comes from the queue of jobs, which bounds its runs itself.
    public var isQueued: Bool

    public init(begin: @escaping RunBeginning = {}, output: LiveOutput? = nil, isQueued: Bool = false) {
        self.begin = begin
        self.output = output
        self.isQueued = isQueued
    }
}
