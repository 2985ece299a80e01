// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Representations of one value, by media type.
public struct KernelData: Hashable, Sendable {
    /// Text, and bytes in base64.
    public var texts: [String: String]
    /// JSON as text. The kernel wrote it, and it may be malformed.
    public var json: [String: String]

    /// Keeps the first 32 members whose names look like media types (RFC 6838, section 4.2).
    public init(texts: [String: String] = [:], json: [String: String] = [:]) {
        self.texts = Self.wellNamed(texts)
        self.json = Self.wellNamed(json)
    }

    private static func wellNamed(_ members: [String: String]) -> [String: String] {
        let named = members.filter { name, _ in
            name.utf8.count <= 127 && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                && name.split(separator: "/", omittingEmptySubsequences: false).count == 2
        }
        guard named.count > 32 else { return named }
        return Dictionary(uniqueKeysWithValues: named.sorted { $0.key < $1.key }.prefix(32).map { ($0.key, $0.value) })
    }

    /// Bytes of all representations.
    public var bytes: Int {
        (Array(texts) + Array(json)).reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }
}

/// Something that code has shown.
public struct KernelResult: Hashable, Sendable {
    public var data: KernelData
    /// Whether it is the value of the last expression.
    public var isMain: Bool
    /// Names a display, so that a later result can replace it.
    public var displayID: String?
    /// Whether it replaces the display with the same id.
    public var isUpdate: Bool
    /// Bytes of the representations that were too large, by media type.
    public var omitted: [String: Int]

    public init(
        data: KernelData, isMain: Bool, displayID: String? = nil, isUpdate: Bool = false, omitted: [String: Int] = [:]
    ) {
        self.data = data
        self.isMain = isMain
        self.displayID = displayID
        self.isUpdate = isUpdate
        self.omitted = omitted
    }

    /// About its bytes in memory.
    public var bytes: Int { data.bytes + (displayID?.utf8.count ?? 0) + omitted.count * 128 + 256 }
}

/// The error that ended code.
public struct KernelError: Hashable, Sendable {
    public var name: String
    public var value: String
    /// Lines of text without colours.
    public var traceback: [String]

    public init(name: String, value: String, traceback: [String]) {
        self.name = name
        self.value = value
        self.traceback = traceback
    }
}

/// What code in a kernel came to.
public struct KernelExecution: Hashable, Sendable {
    public var execution: Execution
    public var results: [KernelResult]
    /// Results that were left out, because there were too many.
    public var omittedResults: Int
    /// Nil when the code ran to its end, or the kernel died.
    public var error: KernelError?
    /// The number of the code in its kernel. Nil when the kernel died.
    public var executionCount: Int?
    /// Whether the kernel was killed and started again. Its variables are lost then.
    public var isRestarted: Bool

    public init(
        execution: Execution, results: [KernelResult] = [], omittedResults: Int = 0, error: KernelError? = nil,
        executionCount: Int? = nil, isRestarted: Bool = false
    ) {
        self.execution = execution
        self.results = results
        self.omittedResults = omittedResults
        self.error = error
        self.executionCount = executionCount
        self.isRestarted = isRestarted
    }

    /// Bytes of its output and results.
    public var outputBytes: Int {
        execution.outputBytes + results.reduce(0) { $0 + $1.bytes }
            + (error.map { $0.value.utf8.count + $0.traceback.reduce(0) { $0 + $1.utf8.count } } ?? 0)
    }
}
