// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Selects one page of a namespace's jobs.
public struct JobPageQuery: Hashable, Sendable {
    public var namespace: NamespaceName
    /// Only jobs with this status; nil for all jobs.
    public var status: JobStatus?
    /// Whether the newest job comes first.
    public var isDescending: Bool
    /// Jobs before the page.
    public var offset: Int
    public var limit: Int

    public init(
        namespace: NamespaceName, status: JobStatus? = nil, isDescending: Bool = true, offset: Int = 0, limit: Int = 20
    ) {
        self.namespace = namespace
        self.status = status
        self.isDescending = isDescending
        self.offset = offset
        self.limit = limit
    }
}
