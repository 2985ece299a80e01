// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A driver that starts interpreters before their programs are known.
public protocol WarmStarting: SandboxDriver {
    /// What a program must have in common with others to start from one and the same interpreter; nil for one that cannot
    /// start so.
    func warmKey(for program: ProgramSpec, in sandbox: SandboxSpec) -> WarmKey?

    /// Brings a sandbox up with an interpreter in it that waits for its program; returns when it does. The first program
    /// that the sandbox runs must have this key.
    ///
    /// - Throws: `unavailable` when the host has no room for another, `internal` when the interpreter cannot be started
    ///   so; nothing of the sandbox then remains.
    func createWarm(_ key: WarmKey) async throws(OutpostError) -> any RunningSandbox

    /// What changes with what an image holds, so that interpreters that were started from an older state can be told.
    func generation(of key: WarmKey) async -> String
}

/// A sandbox in which an interpreter can be started before the next program is known.
public protocol WarmSandbox: RunningSandbox {
    /// Starts an interpreter that waits for a program with this key, in a sandbox that has run one and is idle. The next
    /// program takes it, or, when its own key is another, ends it. When none can be started, programs start in the ordinary
    /// way.
    func expect(_ key: WarmKey) async

    /// Ends an interpreter that waits, if there is one; returns when it is gone.
    func expectNothing() async
}

/// What programs have in common that can start from one and the same interpreter. Only its driver knows what is in it.
public struct WarmKey: Hashable, Sendable {
    /// Whose programs they are.
    public let namespace: NamespaceName?
    /// Equal for all that are copied from the same interpreter, which is quicker than a start from nothing; nil for those
    /// that are not copied.
    public let source: OpaqueValue?
    public let value: OpaqueValue

    public init(_ value: some Hashable & Sendable, namespace: NamespaceName?, source: OpaqueValue?) {
        self.namespace = namespace
        self.source = source
        self.value = OpaqueValue(value)
    }
}

/// A value of a type that only who made it knows.
public struct OpaqueValue: Hashable, Sendable {
    private let content: any Hashable & Sendable

    public init(_ content: some Hashable & Sendable) { self.content = content }

    /// What it is, to who knows its type; nil for any other.
    public func content<Content>(as type: Content.Type = Content.self) -> Content? { content as? Content }

    public static func == (left: OpaqueValue, right: OpaqueValue) -> Bool { left.content.equals(right.content) }

    public func hash(into hasher: inout Hasher) { content.hash(into: &hasher) }
}

extension Hashable {
    fileprivate func equals(_ other: any Hashable) -> Bool { other as? Self == self }
}

/// How an interpreter can be started before its program is known, as its language says.
public struct WarmHint: Hashable, Sendable {
    /// The name of the way to start it.
    public var interpreter: String
    /// Modules that are imported ahead, in this order.
    public var preload: [String]
    /// How many of the program's arguments are known then.
    public var commandLength: Int
    /// The limits of waiting. Best what most programs ask for, so that most find them in force already.
    public var waiting: ResourceLimits
    /// What most programs find set, and where they start. One interpreter for each setting or directory that a client thinks
    /// of would be as many as clients like, so no other programs start from one.
    public var usualEnvironment: [EnvironmentVariable]
    public var usualDirectory: String
    /// Where the platform usually keeps what it writes for a run.
    public var usualFolder: String

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
