// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A driver that starts interpreters before their programs are known.
public protocol WarmStarting: SandboxDriver {
    /// Programs with the same key can use the same warm interpreter. Nil when this program cannot use one.
    func warmKey(for program: ProgramSpec, in sandbox: SandboxSpec) -> WarmKey?

    /// Starts a sandbox with a warm interpreter, and returns when the interpreter waits for its program. The first program
    /// of the sandbox must have this key.
    ///
    /// - Throws: `unavailable` when the host has no room for another sandbox, `internal` when the interpreter does not
    ///   start. After an error nothing of the sandbox remains.
    func createWarm(_ key: WarmKey) async throws(OutpostError) -> any RunningSandbox

    /// A fingerprint of the files that the interpreter started from. One with another fingerprint is outdated.
    func generation(of key: WarmKey) async -> String
}

/// A sandbox that can start an interpreter before the next program is known.
public protocol WarmSandbox: RunningSandbox {
    /// Starts a warm interpreter in an idle sandbox that has run a program with this key. The next program uses it if it has
    /// the same key, and ends it otherwise. When the interpreter does not start, the next program starts cold.
    func startWarm(_ key: WarmKey) async

    /// Ends the warm interpreter, if there is one, and returns when it is gone.
    func cancelWarm() async
}

/// Programs with equal keys can use the same warm interpreter. Only the driver knows what is in a key.
public struct WarmKey: Hashable, Sendable {
    /// The namespace that the programs belong to.
    public let namespace: NamespaceName?
    /// The zygote that the interpreters are forked from. A fork is faster than a cold start. Nil for interpreters that are
    /// not forked.
    public let source: OpaqueValue?
    /// The driver's own value.
    public let value: OpaqueValue

    /// Creates a key from a driver's own value.
    public init(_ value: some Hashable & Sendable, namespace: NamespaceName?, source: OpaqueValue?) {
        self.namespace = namespace
        self.source = source
        self.value = OpaqueValue(value)
    }
}

/// A value whose type only its maker knows.
public struct OpaqueValue: Hashable, Sendable {
    private let content: any Hashable & Sendable

    /// Hides a value.
    public init(_ content: some Hashable & Sendable) { self.content = content }

    /// The value, if it has this type; nil otherwise.
    public func content<Content>(as type: Content.Type = Content.self) -> Content? { content as? Content }

    /// Whether both values have the same type and are equal.
    public static func == (left: OpaqueValue, right: OpaqueValue) -> Bool { left.content.equals(right.content) }

    /// Hashes the value.
    public func hash(into hasher: inout Hasher) { content.hash(into: &hasher) }
}

extension Hashable {
    fileprivate func equals(_ other: any Hashable) -> Bool { other as? Self == self }
}

/// How to start the interpreter of a language before its program is known.
public struct WarmHint: Hashable, Sendable {
    /// The name of the interpreter: `python` or `node`.
    public var interpreter: String
    /// Modules that the interpreter imports before it waits, in this order.
    public var preload: [String]
    /// How many of the program's first arguments are known before the program is.
    public var commandLength: Int
    /// The limits of the interpreter while it waits. They should be what most programs ask for; then most programs need no
    /// other limits.
    public var waiting: ResourceLimits
    /// The variables and the directory of most programs. Only programs with these use a warm interpreter: otherwise clients
    /// could ask for as many kinds of interpreters as they like.
    public var usualEnvironment: [EnvironmentVariable]
    /// The working directory of most programs.
    public var usualDirectory: String
    /// The usual folder for the files that the platform writes for a run.
    public var usualFolder: String

    /// Creates a hint.
    public init(
        interpreter: String, preload: [String], commandLength: Int, waiting: ResourceLimits,
        usualEnvironment: [EnvironmentVariable], usualDirectory: String, usualFolder: String
    ) {
        self.interpreter = interpreter
        self.preload = preload
        self.commandLength = commandLength
        self.waiting = waiting
        self.usualEnvironment = usualEnvironment
        self.usualDirectory = usualDirectory
        self.usualFolder = usualFolder
    }
}
