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
        var read: [LiveOutput.Stream: Int] = [:]
        while !waiters.isClosed {
            if let live = await workers.output(of: id) {
                try await tell(.start(id))
                read = [:]
                try await follow(live, &read, tell)
            }
            let job = try await job(id, in: namespace)
            if job.status.isTerminal {
                for stream in LiveOutput.Stream.allCases {
                    let rest = job.written(stream).bytes.dropFirst(read[stream, default: 0])
                    if !rest.isEmpty { try await tell(.output(stream, Array(rest))) }
                }
                return try await tell(.end(job))
            }
            try await waitForChange(id, namespace, tell)
        }
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
        _ live: LiveOutput, _ read: inout [LiveOutput.Stream: Int], _ tell: (JobEvent) async throws -> Void
    ) async throws {
        while true {
            let isEnded = live.isEnded
            for stream in LiveOutput.Stream.allCases {
                let part = live.part(of: stream, from: read[stream, default: 0])
                guard !part.isEmpty else { continue }
                read[stream, default: 0] += part.count
                try await tell(.output(stream, part))
            }
            if isEnded { return }
            let waiting = Task { [read] in await live.waitForMore(than: read) }
            let timer = Task {
                guard (try? await Task.sleep(for: Self.silence)) != nil else { return false }
                waiting.cancel()
                return true
            }
            await withTaskCancellationHandler {
                await waiting.value
            } onCancel: {
                waiting.cancel()
            }
            timer.cancel()
            try Task.checkCancellation()
            if await timer.value { try await tell(.nothing) }
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
