// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore

/// Stores the executions of jobs and reads them back. Small ones are stored with their job, large ones in `store`.
struct JobResults: Sendable {
    /// The store of large results.
    let store: any JobResultStore
    /// The least bytes of a large result.
    let largeBytes: Int
    let quota: ResultQuota
    /// Encodes and decodes executions beside the calls of others.
    let runner: any JobRunner
    let logger: Logger

    /// What `save` stored of an execution.
    struct Saved {
        let execution: Execution
        /// Nil when nothing could be stored.
        var result: JobResult?
        /// Bytes that an external result takes on the disk.
        var externalBytes = 0
        /// Why the execution is truncated.
        var error: JobError?
    }

    /// Stores an execution. Truncates its output when the whole result does not fit or cannot be stored.
    func save(_ execution: Execution, of job: Job, under lease: JobLease) async -> Saved {
        do throws(OutpostError) {
            let bytes = try await encoded(execution, of: job.namespace)
            // This space was reserved when the job was submitted.
            guard bytes.count > JobStorage.reservedResultBytes else {
                return Saved(execution: execution, result: .inline(bytes))
            }
            let rest = try await quota.rest(of: job.namespace)
            guard let saved = try await saveWhole(execution, bytes, as: JobResultID(lease), atMost: rest.bytes) else {
                return saveTruncated(
                    execution, to: JobStorage.reservedResultBytes / 16,
                    "the server could not store the whole output: \(rest.refusal.message)")
            }
            return saved
        } catch {
            logger.error("the output of a job cannot be stored", metadata: ["job": "\(job.id)", "error": "\(error)"])
            return saveTruncated(
                execution, to: largeBytes / 8, "the server could not store the whole output", error.code)
        }
    }

    /// A result must not be lost because its namespace computes too much. Then it is encoded at once.
    private func encoded(_ execution: Execution, of namespace: NamespaceName) async throws(OutpostError) -> [UInt8] {
        do throws(OutpostError) {
            return try await runner.compute(bytes: execution.outputBytes, for: namespace) { () throws(OutpostError) in
                try execution.stored()
            }
        } catch {
            guard [.rateLimited, .unavailable].contains(error.code) else { throw error }
            return try execution.stored()
        }
    }

    private func decoded(_ bytes: [UInt8], of namespace: NamespaceName) async throws(OutpostError) -> Execution {
        try await runner.compute(bytes: bytes.count, for: namespace) { () throws(OutpostError) in
            try Execution(stored: bytes)
        }
    }

    /// Returns nil, and stores nothing, when the result takes more than `limit` bytes.
    private func saveWhole(
        _ execution: Execution, _ bytes: [UInt8], as id: JobResultID, atMost limit: Int?
    ) async throws(OutpostError) -> Saved? {
        guard bytes.count >= largeBytes else {
            return bytes.count <= limit ?? .max ? Saved(execution: execution, result: .inline(bytes)) : nil
        }
        guard let size = try await store.keep(bytes, of: id, atMost: limit) else { return nil }
        return Saved(execution: execution, result: .external(id), externalBytes: size)
    }

    private func saveTruncated(
        _ execution: Execution, to limit: Int, _ problem: String, _ code: ErrorCode = .insufficientStorage
    ) -> Saved {
        let truncated = truncate(execution, to: limit)
        do throws(OutpostError) {
            return Saved(
                execution: truncated, result: .inline(try truncated.stored()), error: JobError(code, problem))
        } catch {
            return Saved(execution: truncated, error: JobError(error.code, error.message))
        }
    }

    /// The execution with at most `limit` bytes of each stream. The tests share `limit` bytes of each stream.
    private func truncate(_ execution: Execution, to limit: Int) -> Execution {
        var result = execution
        result.stdout = result.stdout.limited(to: limit)
        result.stderr = result.stderr.limited(to: limit)
        result.output = result.output?.limited(to: limit)
        if let compile = result.compile {
            result.compile?.stdout = compile.stdout.limited(to: limit)
            result.compile?.stderr = compile.stderr.limited(to: limit)
        }
        result.tests = result.tests?.map { test in
            var test = test
            let share = limit / (execution.tests?.count ?? 1)
            test.stdout = test.stdout.limited(to: share)
            test.stderr = test.stderr.limited(to: share)
            return test
        }
        return result
    }

    /// The job with its result.
    ///
    /// - Parameter room: makes room for the stored result and the decoded one.
    /// - Throws: `internal` when the stored result cannot be read; the errors of `room`.
    func job(_ record: JobRecord, room: OutputRoom = { _ in }) async throws(OutpostError) -> Job {
        var job = record.job
        switch record.result {
        case nil: break
        case .inline(let bytes):
            try await room(2 * bytes.count)
            job.result = try await decoded(bytes, of: job.namespace)
        case .external(let id):
            try await room(2 * (try await store.length(of: id) ?? 0))
            if let bytes = try await store.result(of: id) {
                job.result = try await decoded(bytes, of: job.namespace)
            } else {
                job.error = job.error ?? JobError(.internal, "the server has lost the output")
            }
        }
        return job
    }
}

extension [OutputPiece] {
    /// The first `limit` bytes of each stream.
    fileprivate func limited(to limit: Int) -> [OutputPiece] {
        var rest: [LiveOutput.Stream: Int] = [:]
        return compactMap { piece in
            var piece = piece
            let left = rest[piece.stream, default: limit]
            piece.bytes.removeLast(Swift.max(0, piece.bytes.count - left))
            rest[piece.stream] = left - piece.bytes.count
            return piece.bytes.isEmpty ? nil : piece
        }
    }
}
