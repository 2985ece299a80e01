// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostStore

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
    /// The most bytes of one `JobEvent.output`. A client that does not read holds one event only.
    private static let mostEventBytes = 64 << 10

    /// Returns what the job's program has written so far. For a program that does not compile it is the compiler's output.
    ///
    /// - Parameter room: makes room for the output in memory.
    /// - Throws: `not_found` when the namespace has no such job; the errors of `room`.
    public func logs(
        _ id: JobID, in namespace: NamespaceName, room: OutputRoom = { _ in }
    ) async throws(OutpostError) -> JobLogs {
        let job = try await job(id, in: namespace, room: room)
        if let live = await workers.output(of: id), !job.status.isTerminal {
            try await room(live.bytes)
            return JobLogs(id: id, status: job.status, stdout: live.output(.stdout), stderr: live.output(.stderr))
        }
        return JobLogs(
            id: id, status: job.status, stdout: job.written(.stdout), stderr: job.written(.stderr))
    }

    /// Checks that a job exists. Does not read its result.
    ///
    /// - Throws: `not_found` when the namespace has no such job.
    public func check(_ id: JobID, in namespace: NamespaceName) async throws(OutpostError) {
        _ = try await record(id, namespace)
    }

    /// Calls `tell` with each event of the job until it has ended or the server stops.
    ///
    /// - Parameter room: makes room for the job's result in memory.
    /// - Throws: `not_found` when the namespace has no such job; the errors of `room` and `tell`.
    public func follow(
        _ id: JobID, in namespace: NamespaceName, room: OutputRoom = { _ in },
        tell: (JobEvent) async throws -> Void
    ) async throws {
        var read = ReadOutput()
        while !waiters.isClosed {
            if let live = await workers.output(of: id) {
                try await tell(.start(id))
                read = ReadOutput()
                try await follow(live, &read, tell)
            }
            let job = try await job(id, in: namespace, room: room)
            if job.status.isTerminal {
                for stream in LiveOutput.Stream.allCases {
                    let rest = job.written(stream).bytes(from: read.bytes[stream, default: 0])
                    for start in stride(from: 0, to: rest.count, by: Self.mostEventBytes) {
                        try await tell(.output(stream, Array(rest[start...].prefix(Self.mostEventBytes))))
                    }
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
        let deadline = ContinuousClock.now + SignOfLife.wait
        try await waiters.wait(for: id, until: deadline) { () async throws(OutpostError) in
            let job = try await self.record(id, namespace).job
            return await workers.output(of: id) == nil && !job.status.isTerminal
        }
        try Task.checkCancellation()
        if ContinuousClock.now >= deadline { try await tell(.nothing) }
    }

    private func follow(
        _ live: LiveOutput, _ read: inout ReadOutput, _ tell: (JobEvent) async throws -> Void
    ) async throws {
        while true {
            switch await live.next(after: read.number, within: SignOfLife.wait) {
            case .events(let events):
                for event in events {
                    // The reader gets what the result keeps, as the logs have it after the end. So it may come late or be
                    // slow, and the program does not wait for it.
                    var start = read.bytes[event.stream, default: 0]
                    let end = event.offset + event.bytes.count
                    while start < end {
                        let head = live.head(of: event.stream, start..<min(end, start + Self.mostEventBytes))
                        if head.isEmpty { break }
                        try await tell(.output(event.stream, head))
                        start += head.count
                    }
                    read.bytes[event.stream] = start
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
