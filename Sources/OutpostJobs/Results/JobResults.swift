// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore

/// Writes executions down and reads them back: small ones beside their job, large ones in a store of their own.
struct JobResults: Sendable {
    let store: any JobResultStore
    /// Bytes from which on a result is large.
    let largeBytes: Int
    let room: ResultQuota
    let logger: Logger

    /// What was kept of an execution.
    struct Note {
        let execution: Execution
        /// Nil when nothing could be kept.
        var result: JobResult?
        /// What it takes that is kept in the store of large ones.
        var externalBytes = 0
        /// Why it is not all.
        var error: JobError?
    }

    /// Keeps an execution, or as much as there is room for.
    func note(_ execution: Execution, of job: Job) async -> Note {
        do throws(OutpostError) {
            let bytes = try execution.stored()
            // There is room for so much since it was handed in.
            guard bytes.count > JobStorage.reservedResultBytes else {
                return Note(execution: execution, result: .inline(bytes))
            }
            let rest = try await room.rest(of: job.namespace)
            guard let note = try await keep(execution, bytes, of: job.id, atMost: rest.bytes) else {
                return cutNote(
                    execution, to: JobStorage.reservedResultBytes / 16,
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
            return bytes.count <= most ?? .max ? Note(execution: execution, result: .inline(bytes)) : nil
        }
        guard let size = try await store.keep(bytes, of: id, atMost: most) else { return nil }
        return Note(execution: execution, result: .external, externalBytes: size)
    }

    private func cutNote(
        _ execution: Execution, to most: Int, _ problem: String, _ code: ErrorCode = .insufficientStorage
    ) -> Note {
        let cut = cut(execution, to: most)
        do throws(OutpostError) {
            return Note(execution: cut, result: .inline(try cut.stored()), error: JobError(code, problem))
        } catch {
            return Note(execution: cut, error: JobError(error.code, error.message))
        }
    }

    /// The execution with no more than `most` bytes of each output.
    private func cut(_ execution: Execution, to most: Int) -> Execution {
        var cut = execution
        cut.stdout = cut.stdout.limited(to: most)
        cut.stderr = cut.stderr.limited(to: most)
        cut.output = cut.output?.limited(to: most)
        if let compile = cut.compile {
            cut.compile?.stdout = compile.stdout.limited(to: most)
            cut.compile?.stderr = compile.stderr.limited(to: most)
        }
        cut.tests = cut.tests?.map { test in
            var test = test
            let share = most / (cut.tests?.count ?? 1)
            test.stdout = test.stdout.limited(to: share)
            test.stderr = test.stderr.limited(to: share)
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
        case .inline(let bytes): job.result = try Execution(stored: bytes)
        case .external:
            if let bytes = try await store.result(of: job.id) {
                job.result = try Execution(stored: bytes)
            } else {
                job.error = job.error ?? JobError(.internal, "the server has lost the output")
            }
        }
        return job
    }
}

extension [OutputPiece] {
    /// No more than so many bytes of each stream, from its start.
    fileprivate func limited(to most: Int) -> [OutputPiece] {
        var rest: [LiveOutput.Stream: Int] = [:]
        return compactMap { piece in
            var piece = piece
            let room = rest[piece.stream, default: most]
            piece.bytes.removeLast(Swift.max(0, piece.bytes.count - room))
            rest[piece.stream] = room - piece.bytes.count
            return piece.bytes.isEmpty ? nil : piece
        }
    }
}
