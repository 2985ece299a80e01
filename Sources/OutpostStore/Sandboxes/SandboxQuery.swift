// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Which sandboxes of a namespace to list, and in what order. A nil filter lets everything pass.
public struct SandboxQuery: Hashable, Sendable {
    public var namespace: NamespaceName
    public var status: SandboxStatus?
    public var language: String?
    public var mode: SandboxMode?
    public var sort: SandboxSort
    public var descending: Bool
    /// Sandboxes to skip.
    public var offset: Int
    /// Most sandboxes to return.
    public var limit: Int

    public init(
        namespace: NamespaceName, status: SandboxStatus? = nil, language: String? = nil, mode: SandboxMode? = nil,
        sort: SandboxSort = .createdAt, descending: Bool = true, offset: Int = 0, limit: Int = 20
    ) {
        self.namespace = namespace
        self.status = status
        self.language = language
        self.mode = mode
        self.sort = sort
        self.descending = descending
        self.offset = offset
        self.limit = limit
    }
}

/// What a list is ordered by; ids decide between equals, and sandboxes without a name come before those with one.
public enum SandboxSort: String, Sendable, CaseIterable {
    case createdAt = "created_at"
    case lastUsedAt = "last_used_at"
    case name
}

/// One page of a list.
public struct SandboxPage: Sendable {
    public let sandboxes: [Sandbox]
    /// Sandboxes on all pages.
    public let total: Int

    public init(sandboxes: [Sandbox], total: Int) {
        self.sandboxes = sandboxes
        self.total = total
    }
}
