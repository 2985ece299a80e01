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

    /// What was kept of an execution.
    struct Note {
        let execution: Execution
        let result: JobResult
        /// Why it is not all.
        var error: JobError?
    }

    /// Keeps an execution, or as much as there is room for.
    func note(_ execution: Execution, of id: JobID) async -> Note {
        let bytes = execution.json.bytes
        guard bytes.count >= largeBytes else { return Note(execution: execution, result: .inside(bytes)) }
        do throws(OutpostError) {
            try await store.keep(bytes, of: id)
            return Note(execution: execution, result: .outside)
        } catch {
            logger.error("a job's output cannot be kept", metadata: ["job": "\(id)", "error": "\(error)"])
            let cut = cut(execution)
            return Note(
                execution: cut, result: .inside(cut.json.bytes),
                error: JobError(error.code, "the output could not be kept whole"))
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
