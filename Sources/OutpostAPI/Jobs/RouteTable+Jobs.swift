// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    private static let jobsPath = sandboxesPath + "/jobs"
    private static let secretPath = jobsPath + "/callback-secret"

    static let jobs: [Route] =
        submissions + inspections + [
            Route(
                .cancelJob, .delete, jobsPath + "/{job_id}", tag: "jobs",
                "Cancel a job, queued or running; a job that has ended does not change", access: .scope(.jobWrite),
                success: .json(Job.schema)),
            Route(
                .getCallbackSecret, .get, secretPath, tag: "jobs",
                "Show the secret that signs the namespace's callbacks",
                access: .scope(.jobWrite), success: .json(CallbackSecretReply.schema)),
            Route(
                .replaceCallbackSecret, .put, secretPath, tag: "jobs",
                "Replace the secret that signs the namespace's callbacks", access: .scope(.jobWrite),
                success: .json(CallbackSecretReply.schema)),
        ]

    private static let submissions: [Route] = [
        Route(
            .submitJob, .post, jobsPath, tag: "jobs", "Submit a job", access: .scope(.jobWrite),
            request: JobRequest.schema, success: .json(Job.schema, status: 201)),
        Route(
            .submitJobs, .post, jobsPath + "/batch", tag: "jobs", "Submit many jobs: all or none",
            access: .scope(.jobWrite), request: JobBatchRequest.schema,
            success: .json(JobBatchReply.schema, status: 201)),
        Route(
            .submitSandboxJob, .post, sandboxesPath + "/{id}/jobs", tag: "jobs", "Submit a job to a sandbox",
            access: .scope(.jobWrite), request: JobRequest.schemaInSandbox,
            success: .json(Job.schema, status: 201)),
    ]

    private static let inspections: [Route] = [
        Route(
            .listJobs, .get, jobsPath, tag: "jobs", "List the namespace's jobs; results are left out",
            access: .scope(.jobRead), query: JobListQuery.parameters, success: .json(Page<Job>.schema)),
        Route(
            .getJob, .get, jobsPath + "/{job_id}", tag: "jobs", "Show a job, or wait for it",
            access: .scope(.jobRead), query: PollQuery.parameters(of: "job"), success: .json(Job.schema)),
        Route(
            .getSandboxJob, .get, sandboxesPath + "/{id}/jobs/{job_id}", tag: "jobs",
            "Show a job of a sandbox, or wait for it", access: .scope(.jobRead), query: PollQuery.parameters(of: "job"),
            success: .json(Job.schema)),
        Route(
            .getJobLogs, .get, jobsPath + "/{job_id}/logs", tag: "jobs", "Show what a job's program has written so far",
            access: .scope(.jobRead), success: .json(JobLogs.schema, orEvents: true)),
    ]
}
