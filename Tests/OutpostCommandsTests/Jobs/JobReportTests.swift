// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostCommands

struct JobReportTests {
    private func report(_ job: Job) -> ExecutionReport { ExecutionReport(job, limits: .init()) }

    @Test func aJobEndsAsItsProgramDid() {
        let succeeded = Execution.ended(.succeeded, stdout: .init("4\n"), stderr: .init("w\n"), exitCode: 0)
        let report = report(.standing(.succeeded, result: succeeded))
        #expect(report == ExecutionReport(succeeded, limits: .init()))
        #expect(self.report(.standing(.failed, result: .ended(.failed, exitCode: 7))).exitCode.rawValue == 7)
        #expect(self.report(.standing(.timedOut, result: .ended(.timedOut))).exitCode.rawValue == 124)
        #expect(self.report(.standing(.failed, result: .ended(.outOfMemory))).exitCode.rawValue == 137)
    }

    @Test(arguments: [(ErrorCode.internal, 125), (.unavailable, 125), (.notFound, 1), (.unprocessable, 1)])
    func aJobWithoutAResultSaysWhy(code: ErrorCode, exitCode: Int) {
        let report = report(.standing(.failed, error: JobError(code, "the server died")))
        #expect(report.stdout.isEmpty)
        #expect(report.errorBytes == Array("outpost: the server died\n".utf8))
        #expect(Int(report.exitCode.rawValue) == exitCode)
    }

    @Test func anErrorBesideAResultIsSaidOnce() {
        let failed = Execution.ended(.sandboxError, message: "the agent went away")
        let told = report(.standing(.failed, result: failed, error: JobError(.internal, "the agent went away")))
        #expect(told.notes == ["the agent went away"])
        let other = report(.standing(.failed, result: failed, error: JobError(.internal, "output was lost")))
        #expect(other.notes == ["the agent went away", "output was lost"])
    }

    @Test func aFailedJobIsNeverSuccess() {
        let succeeded = Execution.ended(.succeeded, exitCode: 0)
        let error = JobError(.internal, "output was lost")
        #expect(report(.standing(.failed, result: succeeded, error: error)).exitCode.rawValue == 125)
        #expect(report(.standing(.failed)).exitCode.rawValue == 1)
    }

    @Test func aCancelledJobIsAnError() {
        let report = report(.standing(.cancelled))
        #expect(report.exitCode.rawValue == 1)
        #expect(report.notes == ["the job was cancelled"])
    }

    @Test func logsAreWhatIsThereSoFar() {
        let cut = CapturedOutput(bytes: [0x61, 0xFF], total: 5)
        let report = ExecutionReport(JobLogs(id: JobID(), status: .failed, stdout: .init("out"), stderr: cut))
        #expect(report.exitCode.isSuccess)
        #expect(report.stdout == Array("out".utf8))
        #expect(
            report.errorBytes == [0x61, 0xFF, 0x0A]
                + Array("outpost: 3 of 5 bytes of stderr are left out, after byte 2\n".utf8))
    }

    @Test func aJobThatTimedOutWithoutAResultIs124() {
        #expect(report(.standing(.timedOut)).exitCode.rawValue == 124)
    }
}
