// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a job's program has written so far.
public struct JobLogs: Hashable, Sendable {
    public var id: JobID
    public var status: JobStatus
    public var stdout: CapturedOutput
    public var stderr: CapturedOutput

    public init(id: JobID, status: JobStatus, stdout: CapturedOutput = .init(), stderr: CapturedOutput = .init()) {
        self.id = id
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
    }
}
