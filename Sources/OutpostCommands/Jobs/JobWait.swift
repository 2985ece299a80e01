// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// Waiting for a job at a terminal or in a script.
struct JobWait {
    private let client: OutpostClient
    private let id: JobID
    private let progress: JobProgress

    /// A poll of a person's, which the rate limits of every plan bear.
    private static let watchedPollSeconds = 2
    private static let redrawInterval = Duration.milliseconds(100)

    /// - Parameter known: the job as it was submitted, when the caller has it.
    init(_ client: OutpostClient, _ id: JobID, known: Job? = nil) {
        self.client = client
        self.id = id
        progress = JobProgress(known)
    }

    /// The job when it has ended. A person sees meanwhile how far it is.
    ///
    /// - Throws: the exit code of an interrupted process, and what `waitForJob` throws, after it was said how to come
    ///   back to the job.
    func ended() async throws -> Answer<Job> {
        do {
            return try await Interrupt.canceling { [self] in
                StatusLine.isVisible ? try await watched() : try await client.waitForJob(id, observe: tell)
            }
        } catch is Interrupt {
            Output.warn("outpost: \(id) goes on; `outpost job wait \(id)` waits for it again")
            throw ExitCode.signal(2)
        } catch let error as OutpostError where error.code == .unavailable {
            Output.warn("outpost: \(id) is not lost; `outpost job wait \(id)` waits for it again")
            throw error
        }
    }

    /// As `waitForJob`, with the status line beside it.
    private func watched() async throws -> Answer<Job> {
        defer { StatusLine.clear() }
        return try await withThrowingTaskGroup(of: Answer<Job>.self) { group in
            group.addTask {
                try await client.waitForJob(id, pollSeconds: Self.watchedPollSeconds) { progress.hear($0) }
            }
            group.addTask { try await draw() }
            defer { group.cancelAll() }
            guard let ended = try await group.next() else { throw CancellationError() }
            return ended
        }
    }

    /// Keeps the status line true until the task is cancelled.
    private func draw() async throws -> Never {
        var shown: String?
        while true {
            let line = progress.line(now: .now, width: StatusLine.width)
            if let line, line != shown { StatusLine.show(line) }
            shown = line
            try await Task.sleep(for: Self.redrawInterval)
        }
    }

    /// One line for each outage, not for each attempt.
    private func tell(_ news: Result<Answer<Job>, OutpostError>) {
        guard progress.hear(news), case .failure(let error) = news else { return }
        Output.warn("outpost: asking again: \(error.message)")
    }
}
