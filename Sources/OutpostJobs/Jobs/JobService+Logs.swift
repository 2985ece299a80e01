// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// An event of a job, for a client that follows it.
public enum JobEvent: Sendable {
    /// A worker has claimed the job. A new attempt sends it again.
    case start(JobID)
    /// The program wrote these bytes.
    case output(LiveOutput.Stream, [UInt8])
    /// No other event for 15 seconds. The client's connection needs it to stay open.
    case nothing
    case end(Job)
}

extension JobService {
    /// The time without events after which `JobEvent.nothing` is sent.
    private static let silence = Duration.seconds(15)

    /// Returns what the job's program has written so far. For a program that does not compile it is the compiler's output.
    ///
    /// - Throws: `not_found` when the namespace has no such job.
    public func logs(_ id: JobID, in namespace: NamespaceName) async throws(OutpostError) -> JobLogs {
        let job = try await job(id, in: namespace)
        if let live = await workers.output(of: id), !job.status.isTerminal {
            return JobLogs(id: id, status: job.status, stdout: live.output(.stdout), stderr: live.output(.stderr))
        }
        return JobLogs(
            id: id, status: job.status, stdout: job.written(.stdout), stderr: job.written(.stderr))
    }

    /// Calls `tell` with each event of the job until it has ended or the server stops.
    ///
    /// - Throws: `not_found` when the namespace has no such job; the errors of `tell`.
    public func follow(
        _ id: JobID, in namespace: NamespaceName, tell: (JobEvent) async throws -> Void
    ) async throws {
        var read = ReadOutput()
        while !waiters.isClosed {
            if let live = await workers.output(of: id) {
                try await tell(.start(id))
                read = ReadOutput()
                try await follow(live, &read, tell)
            }
            let job = try await job(id, in: namespace)
            if job.status.isTerminal {
                for stream in LiveOutput.Stream.allCases {
                    let rest = job.written(stream).bytes(from: read.bytes[stream, default: 0])
                    if !rest.isEmpty { try await tell(.output(stream, rest)) }
                }
                return try await tell(.end(job))
            }
            try await waitForChange(id, namespace, tell)
        }
    }

    /// What a reader has of a job's output.
    private struct ReadOutput {
        /// The newest event.
        var number: UInt64 = 0
        /// Bytes of each stream, with those that the server no longer had.
        var bytes: [LiveOutput.Stream: Int] = [:]
    }

    private func waitForChange(
        _ id: JobID, _ namespace: NamespaceName, _ tell: (JobEvent) async throws -> Void
    ) async throws {
        let deadline = ContinuousClock.now + Self.silence
        try await waiters.wait(for: id, until: deadline) { () async throws(OutpostError) in
            let job = try await self.job(id, in: namespace)
            return await workers.output(of: id) == nil && !job.status.isTerminal
        }
        try Task.checkCancellation()
        if ContinuousClock.now >= deadline { try await tell(.nothing) }
    }

    private func follow(
        _ live: LiveOutput, _ read: inout ReadOutput, _ tell: (JobEvent) async throws -> Void
    ) async throws {
        while true {
            switch await live.next(after: read.number, within: Self.silence) {
            case .events(let events):
                for event in events {
                    // The reader came late or was slow. The start of the stream may still be there.
                    let missed = read.bytes[event.stream, default: 0]..<event.offset
                    let head = missed.isEmpty ? [] : live.head(of: event.stream, missed)
                    if !head.isEmpty { try await tell(.output(event.stream, head)) }
                    try await tell(.output(event.stream, event.bytes))
                    read.bytes[event.stream] = event.offset + event.bytes.count
                    read.number = event.number
                }
            case .end: return
            case .nothing:
                try Task.checkCancellation()
                try await tell(.nothing)
            }
        }
    }
}

extension Job {
    fileprivate func written(_ stream: LiveOutput.Stream) -> CapturedOutput {
        guard let result else { return CapturedOutput() }
        if result.status == .compileFailed, let compile = result.compile {
            return stream == .stdout ? compile.stdout : compile.stderr
        }
        return stream == .stdout ? result.stdout : result.stderr
    }
}
