// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostAPI
import OutpostCore
import OutpostStore

/// Writes executions down and reads them back: small ones beside their job, large ones in a store of their own.
struct JobResults: Sendable {
    let store: any JobResultStore
    /// Bytes from which on a result is large.
    let largeBytes: Int
    let logger: Logger

    /// What to note of an execution, and why not all of it could be kept.
    func note(_ execution: Execution, of id: JobID) async -> (result: JobResult, error: JobError?) {
        let bytes = execution.json.bytes
        guard bytes.count >= largeBytes else { return (.inside(bytes), nil) }
        do throws(OutpostError) {
            try await store.keep(bytes, of: id)
            return (.outside, nil)
        } catch {
            logger.error("a job's output cannot be kept", metadata: ["job": "\(id)", "error": "\(error)"])
            return (.inside(cut(execution).json.bytes), JobError(error.code, "the output could not be kept whole"))
        }
    }

    /// The execution with as little output as a row takes.
    private func cut(_ execution: Execution) -> Execution {
        var cut = execution
        let most = largeBytes / 8
        for stream in [\Execution.stdout, \Execution.stderr] { cut[keyPath: stream].keep(most) }
        cut.compile?.stdout.keep(most)
        cut.compile?.stderr.keep(most)
        cut.tests = cut.tests?.map { test in
            var test = test
            test.stdout.keep(most / (cut.tests?.count ?? 1))
            test.stderr.keep(most / (cut.tests?.count ?? 1))
            return test
        }
        return cut
    }

    /// The job with its result.
    ///
    /// - Throws: `internal` when the result was kept and cannot be read.
    func job(_ record: JobRecord) async throws(OutpostError) -> Job {
        var job = record.job
        switch record.result {
        case nil: break
        case .inside(let bytes): job.result = try Execution(reply: bytes)
        case .outside:
            if let bytes = try await store.result(of: job.id) {
                job.result = try Execution(reply: bytes)
            } else {
                job.error = job.error ?? JobError(.internal, "the output is lost")
            }
        }
        return job
    }
}

extension CapturedOutput {
    fileprivate mutating func keep(_ most: Int) { bytes.removeLast(max(0, bytes.count - most)) }
}
