// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// Successful calls for jobs.
extension APIClient {
    /// Submits a job.
    public func submitJob(_ body: JSONValue) async throws -> Job {
        try await send("POST", sandboxPath("/jobs"), json: body).decoded(Job.self, status: 201)
    }

    /// Submits code as a job.
    ///
    /// - Parameter extra: further members of the body.
    public func submitJob(_ language: String, _ code: String, _ extra: JSONValue = [:]) async throws -> Job {
        let body: JSONValue = ["language": .string(language), "code": .string(code)]
        return try await submitJob(body.adding(extra))
    }

    /// Returns the job, at once or after at most `waitSeconds` when it ends.
    public func job(_ id: JobID, waitSeconds: Int = 0) async throws -> Job {
        try await send("GET", sandboxPath("/jobs/\(id)?wait_secs=\(waitSeconds)")).decoded(Job.self)
    }

    /// Waits for the end of a job.
    public func ended(_ job: Job) async throws -> Job {
        // A call waits at most 60 s. Other suites can delay a job for longer.
        for _ in 1...5 {
            let job = try await self.job(job.id, waitSeconds: 60)
            if job.status.isTerminal { return job }
        }
        throw FixtureError("the job has not ended: \(job)")
    }

    /// Cancels a job.
    public func cancelJob(_ id: JobID) async throws -> Job {
        try await send("DELETE", sandboxPath("/jobs/\(id)")).decoded(Job.self)
    }

    /// Returns one page of the namespace's jobs.
    ///
    /// - Parameter query: percent-encoded, without `?`.
    public func jobs(_ query: String = "") async throws -> Page<Job> {
        try await send("GET", sandboxPath("/jobs?\(query)")).decoded(Page<Job>.self)
    }

    /// Returns the output of the job's program until now.
    public func jobLogs(_ id: JobID) async throws -> JobLogs {
        try await send("GET", sandboxPath("/jobs/\(id)/logs")).decoded(JobLogs.self)
    }
}
