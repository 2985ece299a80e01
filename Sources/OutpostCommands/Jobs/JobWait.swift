// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// Waits for a job, with a status line when a person watches.
struct JobWait {
    private let client: OutpostClient
    private let id: JobID
    private let progress: JobProgress

    /// The polling interval of the status line. It stays below the rate limit of every plan.
    private static let watchedPollSeconds = 2
    private static let redrawInterval = Duration.milliseconds(100)

    /// - Parameter known: the last known state of the job, if there is one.
    init(_ client: OutpostClient, _ id: JobID, known: Job? = nil) {
        self.client = client
        self.id = id
        progress = JobProgress(known)
    }

    /// Waits until the job has ended, and returns it. Shows its status when standard error is a terminal.
    ///
    /// - Throws: the exit code of an interrupted process; the errors of `waitForJob`. Before that, it prints how to wait
    ///   for the job again.
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

    /// Waits like `waitForJob`, and shows the status line.
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

    /// Updates the status line until the task is cancelled.
    private func draw() async throws -> Never {
        var shown: String?
        while true {
            let line = progress.line(now: .now, width: StatusLine.width)
            if let line, line != shown { StatusLine.show(line) }
            shown = line
            try await Task.sleep(for: Self.redrawInterval)
        }
    }

    /// Prints one line for each outage, not for each attempt.
    private func tell(_ news: Result<Answer<Job>, OutpostError>) {
        guard progress.hear(news), case .failure(let error) = news else { return }
        Output.warn("outpost: trying again: \(error.message)")
    }
}
