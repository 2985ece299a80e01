// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Hands a program in, to run when its turn comes. When this returns, the job outlives the server.
    public func submitJob(_ request: JobRequest) async throws(OutpostError) -> Answer<Job> {
        try await answer(Call(operation: .submitJob, parameters: place(), body: request.json), as: Job.self)
    }

    /// Hands a program in that is to run in the sandbox `id`. What `request` says of a sandbox and of its isolation is
    /// left out: the sandbox is there already.
    public func submitJob(_ request: JobRequest, in id: SandboxID) async throws(OutpostError) -> Answer<Job> {
        var request = request
        request.sandboxID = nil
        request.security = nil
        return try await answer(
            Call(operation: .submitSandboxJob, parameters: place(id), body: request.json), as: Job.self)
    }

    /// Hands several programs in, 1000 at most: all are taken, or none.
    public func submitJobs(_ requests: [JobRequest]) async throws(OutpostError) -> Answer<JobBatchReply> {
        let batch = JobBatchRequest(jobs: requests)
        return try await answer(
            Call(operation: .submitJobs, parameters: place(), body: batch.json), as: JobBatchReply.self)
    }

    /// One page of the namespace's jobs, without their results.
    public func listJobs(_ query: JobListQuery = .init()) async throws(OutpostError) -> Answer<Page<Job>> {
        try await answer(Call(operation: .listJobs, parameters: place(), query: query.pairs), as: Page<Job>.self)
    }

    /// The job `id`.
    ///
    /// - Parameter waitSeconds: how long the server may hold the answer until the job ends, 300 at most.
    /// - Throws: `not_found` when the namespace has no such job.
    public func getJob(_ id: JobID, waitSeconds: Int = 0) async throws(OutpostError) -> Answer<Job> {
        try await answer(
            Call(
                operation: .getJob, parameters: place(job: id), query: JobPollQuery(waitSeconds: waitSeconds).pairs,
                timeout: Call.ordinaryTimeout + Int64(waitSeconds)), as: Job.self)
    }

    /// Cancels the job `id`, whatever it is at. One that has ended stays as it is.
    ///
    /// - Throws: `not_found` when the namespace has no such job.
    public func cancelJob(_ id: JobID) async throws(OutpostError) -> Answer<Job> {
        try await answer(Call(operation: .cancelJob, parameters: place(job: id)), as: Job.self)
    }

    /// What the callbacks of the namespace's jobs are signed with.
    public func callbackSecret() async throws(OutpostError) -> Answer<CallbackSecretReply> {
        try await answer(Call(operation: .getCallbackSecret, parameters: place()), as: CallbackSecretReply.self)
    }

    /// Replaces what the callbacks of the namespace's jobs are signed with.
    public func replaceCallbackSecret() async throws(OutpostError) -> Answer<CallbackSecretReply> {
        try await answer(Call(operation: .replaceCallbackSecret, parameters: place()), as: CallbackSecretReply.self)
    }

    /// The parameters of a job's path.
    func place(job id: JobID) -> [String: String] {
        var parameters = place()
        parameters["job_id"] = id.rawValue
        return parameters
    }
}
