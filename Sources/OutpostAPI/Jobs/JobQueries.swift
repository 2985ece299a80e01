// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What a list of jobs may be ordered by.
public enum JobSortField: String, SortField {
    case createdAt = "created_at"

    public static let standard = JobSortField.createdAt
    public static let standardOrder = ListOrder.descending
}

/// The query of `GET …/sandbox/jobs`.
public struct JobListQuery: Hashable, Sendable {
    public var list: ListQuery<JobSortField>
    public var status: JobStatus?

    /// The parameters that the call takes.
    public static let parameters =
        ListQuery<JobSortField>.parameters + [
            Field("status", .enumeration("Only jobs with this status.", JobStatus.self))
        ]

    /// A query with the defaults where nothing is said.
    public init(list: ListQuery<JobSortField> = .init(), status: JobStatus? = nil) {
        self.list = list
        self.status = status
    }

    /// The query of a URL, percent-decoded, in its order.
    ///
    /// - Throws: `invalid_request` that names the parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        list = try ListQuery(validated: object)
        status = try object.optional("status", { $0.oneOf(JobStatus.self) })
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        list.pairs + [("status", status?.rawValue)].compactMap { name, value in value.map { (name: name, value: $0) } }
    }
}

/// The query of a poll.
public struct JobPollQuery: Hashable, Sendable {
    /// Seconds that the answer may be held back until the job ends; 0 for not at all.
    public var waitSeconds: Int

    /// The parameters that the call takes.
    public static let parameters = [
        Field(
            "wait_secs",
            Schema.integer("Wait at most this many seconds for the job to end.", 0...300).defaulting(to: 0))
    ]

    public init(waitSeconds: Int = 0) { self.waitSeconds = waitSeconds }

    /// The query of a URL, percent-decoded, in its order.
    ///
    /// - Throws: `invalid_request` that names the parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        waitSeconds = try object.optional("wait_secs", \.integerValue) ?? 0
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        waitSeconds == 0 ? [] : [(name: "wait_secs", value: String(waitSeconds))]
    }
}
