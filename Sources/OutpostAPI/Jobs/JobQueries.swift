// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The fields by which a list of jobs can be sorted.
public enum JobSortField: String, SortField {
    case createdAt = "created_at"

    public static let standard = JobSortField.createdAt
    public static let standardOrder = ListOrder.descending
}

/// The query of `GET …/sandbox/jobs`.
public struct JobListQuery: Hashable, Sendable {
    /// The page and its order.
    public var list: ListQuery<JobSortField>
    /// Only jobs with this status; nil for all.
    public var status: JobStatus?

    /// The parameters that the call takes.
    public static let parameters =
        ListQuery<JobSortField>.parameters + [
            Field("status", .enumeration("Only jobs with this status.", JobStatus.self))
        ]

    /// Makes a query. Without arguments it asks for the first page of all jobs.
    public init(list: ListQuery<JobSortField> = .init(), status: JobStatus? = nil) {
        self.list = list
        self.status = status
    }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
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
