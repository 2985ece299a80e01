// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Submits a job. When this returns, the job is on the server's disk and survives a restart.
    public func submitJob(_ request: JobRequest) async throws(OutpostError) -> Answer<Job> {
        try await answer(Call(operation: .submitJob, parameters: place(), body: request.json), as: Job.self)
    }

    /// Submits a job that runs in the sandbox `id`. Ignores `sandboxID` and `security` of `request`.
    public func submitJob(_ request: JobRequest, in id: SandboxID) async throws(OutpostError) -> Answer<Job> {
        var request = request
        request.sandboxID = nil
        request.security = nil
        return try await answer(
            Call(operation: .submitSandboxJob, parameters: place(id), body: request.json), as: Job.self)
    }

    /// Submits up to 1,000 jobs. The server takes all or none.
    public func submitJobs(_ requests: [JobRequest]) async throws(OutpostError) -> Answer<JobBatchReply> {
        let batch = JobBatchRequest(jobs: requests)
        return try await answer(
            Call(operation: .submitJobs, parameters: place(), body: batch.json), as: JobBatchReply.self)
    }

    /// Fetches a page of the namespace's jobs, without their results.
    public func listJobs(_ query: JobListQuery = .init()) async throws(OutpostError) -> Answer<Page<Job>> {
        try await answer(Call(operation: .listJobs, parameters: place(), query: query.pairs), as: Page<Job>.self)
    }

    /// Fetches the job `id`.
    ///
    /// - Parameter waitSeconds: the seconds that the server waits for the job's end before it answers, at most 300.
    /// - Throws: `not_found` when the namespace has no such job.
    public func getJob(_ id: JobID, waitSeconds: Int = 0) async throws(OutpostError) -> Answer<Job> {
        try await answer(
            Call(
                operation: .getJob, parameters: place(job: id), query: PollQuery(waitSeconds: waitSeconds).pairs,
                timeout: Call.ordinaryTimeout + Int64(waitSeconds)), as: Job.self)
    }

    /// Cancels the job `id`, queued or running. Changes nothing when the job has ended.
    ///
    /// - Throws: `not_found` when the namespace has no such job.
    public func cancelJob(_ id: JobID) async throws(OutpostError) -> Answer<Job> {
        try await answer(Call(operation: .cancelJob, parameters: place(job: id)), as: Job.self)
    }

    /// Fetches the secret that signs the callbacks of the namespace's jobs.
    public func callbackSecret() async throws(OutpostError) -> Answer<CallbackSecretReply> {
        try await answer(Call(operation: .getCallbackSecret, parameters: place()), as: CallbackSecretReply.self)
    }

    /// Replaces the secret that signs the callbacks of the namespace's jobs, and returns the new one.
    public func replaceCallbackSecret() async throws(OutpostError) -> Answer<CallbackSecretReply> {
        try await answer(Call(operation: .replaceCallbackSecret, parameters: place()), as: CallbackSecretReply.self)
    }

    /// Returns the parameters of a job's path.
    func place(job id: JobID) -> [String: String] {
        var parameters = place()
        parameters["job_id"] = id.rawValue
        return parameters
    }
}
