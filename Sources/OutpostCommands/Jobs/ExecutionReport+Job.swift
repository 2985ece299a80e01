// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

extension ExecutionReport {
    /// Makes the report of an ended job: the result of its program, or the reason why there is none.
    ///
    /// - Parameter limits: the limits that the caller set.
    init(_ job: Job, limits: KnownLimits) {
        guard let result = job.result else {
            self.init(notes: [job.ending], exitCode: job.exitCode)
            return
        }
        self.init(result, limits: limits)
        if let error = job.error, !notes.contains(error.message) { notes.append(error.message) }
        if exitCode.isSuccess { exitCode = job.exitCode }
    }
}

extension ExecutionReport {
    /// Makes the report of the output so far.
    init(_ logs: JobLogs) {
        self.init(notes: cuts(stdout: logs.stdout, stderr: logs.stderr), exitCode: .success)
        stdout = logs.stdout.bytes
        stderr = logs.stderr.bytes
    }
}

extension Answer<Job> {
    /// Writes the program's output, or the whole job as JSON.
    ///
    /// - Throws: the exit code, unless it is 0; `unavailable` when the output could not be written.
    func deliver(json isJSON: Bool, limits: KnownLimits) throws {
        try ExecutionReport(body, limits: limits).deliver(inPlaceOfOutput: isJSON ? json : nil)
    }
}

extension Job {
    /// The exit code by the job's status alone, without the program's exit code.
    fileprivate var exitCode: ExitCode {
        switch status {
        case .succeeded: .success
        case .timedOut: .timedOut
        case .failed where error?.code == .internal || error?.code == .unavailable: .serviceFault
        case .queued, .running, .failed, .cancelled: .failure
        }
    }

    fileprivate var ending: String {
        if let error { return error.message }
        return switch status {
        case .succeeded: "the job succeeded, but the server has deleted its result"
        case .timedOut: "the job timed out"
        case .cancelled: "the job was cancelled"
        case .failed: "the job failed"
        case .queued, .running: "the job has not ended"
        }
    }
}
