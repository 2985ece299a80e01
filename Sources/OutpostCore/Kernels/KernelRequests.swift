// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A kernel to start.
public struct KernelRequest: Hashable, Sendable {
    /// Nil for the language of the sandbox.
    public var language: String?
    /// Nil for that of the sandbox.
    public var workingDirectory: String?
    public var environment: [EnvironmentVariable]

    public init(
        language: String? = nil, workingDirectory: String? = nil, environment: [EnvironmentVariable] = []
    ) {
        self.language = language
        self.workingDirectory = workingDirectory
        self.environment = environment
    }
}

/// Code for a kernel.
public struct KernelExecRequest: Hashable, Sendable {
    public var code: String
    /// Wall time. Nil for that of the sandbox.
    public var timeoutMilliseconds: Int?

    public init(code: String, timeoutMilliseconds: Int? = nil) {
        self.code = code
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// A place in code that a kernel completes or inspects.
public struct KernelQuestion: Hashable, Sendable {
    public var code: String
    /// Unicode scalars of `code` before the place.
    public var cursor: Int
    /// Whether an inspection shows the source too.
    public var detail: Bool

    public init(code: String, cursor: Int, detail: Bool = false) {
        self.code = code
        self.cursor = cursor
        self.detail = detail
    }
}

/// How code can go on.
public struct KernelCompletion: Hashable, Sendable {
    /// At most 1000.
    public var matches: [String]
    /// A match replaces the Unicode scalars from here to `end`.
    public var start: Int
    public var end: Int

    public init(matches: [String], start: Int, end: Int) {
        self.matches = matches
        self.start = start
        self.end = end
    }
}

/// What a kernel knows about a name.
public struct KernelInspection: Hashable, Sendable {
    public var isFound: Bool
    public var data: KernelData

    public init(isFound: Bool, data: KernelData) {
        self.isFound = isFound
        self.data = data
    }
}
