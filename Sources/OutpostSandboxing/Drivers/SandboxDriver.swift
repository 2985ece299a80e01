// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// One kind of isolation: Linux namespaces here, virtual machines later.
public protocol SandboxDriver: Sendable {
    /// What the driver's sandboxes can do.
    var capabilities: DriverCapabilities { get }

    /// Starts a sandbox.
    ///
    /// - Throws: `unavailable` when the host has no room for another; `not_found` for a layer that its namespace does not
    ///   have; `unprocessable` for layers that the driver cannot give it; `internal` otherwise. After an error nothing
    ///   remains on the host: no process, mount, cgroup or directory.
    func create(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox

    /// The sandboxes of an earlier server that still run. None when sandboxes end with their server.
    func survivors() async throws(OutpostError) -> [any RunningSandbox]

    /// Kills and removes every sandbox; returns when nothing is left.
    func shutDown() async
}

extension SandboxDriver {
    /// Checks that the driver has the isolation of `spec`. A driver calls this before it starts a sandbox.
    ///
    /// - Throws: `internal` when the sandbox needs another isolation.
    public func checkIsolation(of spec: SandboxSpec) throws(OutpostError) {
        guard let reason = spec.isolation.refusal(having: capabilities.isolation) else { return }
        throw OutpostError(.internal, "this driver cannot make the sandbox: \(reason)")
    }
}

/// What a driver's sandboxes can do beyond what all sandboxes can. The engine refuses anything else before it starts a
/// sandbox.
public struct DriverCapabilities: Hashable, Sendable {
    /// Optional features of a driver.
    public struct Features: OptionSet, Hashable, Sendable {
        /// One bit for each feature.
        public let rawValue: UInt32
        /// Creates a set from its bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The driver keeps the order in which a program writes to its two streams.
        public static let interleavedOutput = Features(rawValue: 1 << 0)
        /// Two programs can be connected by their streams: the driver is `PipeCrossing`.
        public static let crossedPipes = Features(rawValue: 1 << 1)
        /// The driver starts interpreters before their programs are known: it is `WarmStarting`.
        public static let warmStarts = Features(rawValue: 1 << 2)
        /// Sandboxes outlive the server that made them.
        public static let survivors = Features(rawValue: 1 << 3)
        /// A process can have a terminal instead of its streams.
        public static let terminals = Features(rawValue: 1 << 4)
        /// The server can read and write the files of a live sandbox.
        public static let files = Features(rawValue: 1 << 5)
        /// The server can connect to the ports of a sandbox.
        public static let ports = Features(rawValue: 1 << 6)
        /// A sandbox can be paused.
        public static let pauses = Features(rawValue: 1 << 7)
        /// A sandbox can have sealed disks as layers.
        public static let layers = Features(rawValue: 1 << 8)
    }

    /// The isolation in force for every sandbox.
    public var isolation: Isolation
    /// The optional features that the driver has.
    public var features: Features
    /// Who counts what a program uses.
    public var measuredBy: ProcessExit.Measurer

    /// Creates the capabilities of a driver.
    public init(isolation: Isolation, features: Features, measuredBy: ProcessExit.Measurer) {
        self.isolation = isolation
        self.features = features
        self.measuredBy = measuredBy
    }
}

/// A driver that can connect two programs by their streams.
public protocol PipeCrossing: SandboxDriver {
    /// Makes two pipes for two programs that talk with each other.
    ///
    /// - Throws: `internal` when this process has no room for more descriptors.
    func crossedPipes() throws(OutpostError) -> any CrossedPipes
}

/// A driver that can add files to the image of its sandboxes.
public protocol ImagePreparing: SandboxDriver {
    /// Runs these commands and adds what they write to the image. Sandboxes that start later see it.
    ///
    /// - Throws: `internal`; the image has not changed then.
    func prepareImage(_ preparations: [ImagePreparation]) async throws(OutpostError)

    /// A fingerprint of the image. A sandbox that started from another fingerprint is outdated.
    func imageGeneration() async -> String
}
