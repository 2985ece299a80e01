// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The body of `POST …/sandbox/jobs/batch`. The server takes all jobs or none.
public struct JobBatchRequest: Hashable, Sendable {
    /// In the order of submission, 1 to 1,000.
    public var jobs: [JobRequest]

    public init(jobs: [JobRequest]) { self.jobs = jobs }
}

extension JobBatchRequest: JSONBody {
    public static let schema = Schema.object(
        "Jobs to submit together: all or none.",
        [Field("jobs", .array("In the order of submission.", of: JobRequest.schema, count: 1...1000), required: true)]
    ).named("JobBatchRequest")

    public var json: JSONValue { ["jobs": .array(jobs.map(\.json))] }

    public init(validated object: JSONObject) throws(OutpostError) {
        jobs = try object.list("jobs") { (value) throws(OutpostError) -> JobRequest? in
            guard let object = value.objectValue else { return nil }
            return try JobRequest(validated: object)
        }
    }
}

/// The answer to a batch.
public struct JobBatchReply: Hashable, Sendable {
    /// One for each request, in the same order.
    public var jobs: [Job]

    public init(jobs: [Job]) { self.jobs = jobs }
}

extension JobBatchReply: JSONBody {
    public static let schema = Schema.object(
        "The jobs of a batch.",
        [Field("data", .array("In the order of the submissions.", of: Job.schema), required: true)], isOpen: true
    ).named("JobBatch")

    public var json: JSONValue { ["data": .array(jobs.map(\.json))] }

    public init(validated object: JSONObject) throws(OutpostError) {
        jobs = try object.list("data") { (value) throws(OutpostError) -> Job? in
            guard let object = value.objectValue else { return nil }
            return try Job(validated: object)
        }
    }
}
