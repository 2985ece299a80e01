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
    let room: ResultRoom
    let logger: Logger

    /// What was kept of an execution.
    struct Note {
        let execution: Execution
        let result: JobResult
        /// What it takes that is kept in the store of large ones.
        var outsideBytes = 0
        /// Why it is not all.
        var error: JobError?
    }

    /// Keeps an execution, or as much as there is room for.
    func note(_ execution: Execution, of job: Job) async -> Note {
        let bytes = execution.json.bytes
        // There is room for so much since it was handed in.
        guard bytes.count > JobStorage.reserve else { return Note(execution: execution, result: .inside(bytes)) }
        do throws(OutpostError) {
            let rest = try await room.rest(of: job.namespace)
            guard let note = try await keep(execution, bytes, of: job.id, atMost: rest.bytes) else {
                return cutNote(
                    execution, to: JobStorage.reserve / 16,
                    "the server could not store the whole output: \(rest.refusal.message)")
            }
            return note
        } catch {
            logger.error("a job's output cannot be kept", metadata: ["job": "\(job.id)", "error": "\(error)"])
            return cutNote(execution, to: largeBytes / 8, "the server could not store the whole output", error.code)
        }
    }

    /// Nil when it takes more than `most`; then nothing of it is kept.
    private func keep(
        _ execution: Execution, _ bytes: [UInt8], of id: JobID, atMost most: Int?
    ) async throws(OutpostError) -> Note? {
        guard bytes.count >= largeBytes else {
            return bytes.count <= most ?? .max ? Note(execution: execution, result: .inside(bytes)) : nil
        }
        guard let size = try await store.keep(bytes, of: id, atMost: most) else { return nil }
        return Note(execution: execution, result: .outside, outsideBytes: size)
    }

    private func cutNote(
        _ execution: Execution, to most: Int, _ problem: String, _ code: ErrorCode = .insufficientStorage
    ) -> Note {
        let cut = cut(execution, to: most)
        return Note(execution: cut, result: .inside(cut.json.bytes), error: JobError(code, problem))
    }

    /// The execution with no more than `most` bytes of each output.
    private func cut(_ execution: Execution, to most: Int) -> Execution {
        var cut = execution
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
                job.error = job.error ?? JobError(.internal, "the server has lost the output")
            }
        }
        return job
    }
}

extension CapturedOutput {
    fileprivate mutating func keep(_ most: Int) { bytes.removeLast(max(0, bytes.count - most)) }
}
