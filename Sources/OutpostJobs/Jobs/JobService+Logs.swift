// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Something that happened to a job, for who follows it.
public enum JobEvent: Sendable {
    /// Its program has started, or is about to be started again.
    case start(JobID)
    /// It wrote something.
    case output(LiveOutput.Stream, [UInt8])
    /// Nothing happened for a while.
    case nothing
    case end(Job)
}

extension JobService {
    /// What the job's program has written so far; of one that does not compile, what the compiler wrote.
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

    /// Tells what happens to the job until it has ended or the server stops.
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

    /// Keeps the connection alive where nothing happens.
    private static let silence = Duration.seconds(15)

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
