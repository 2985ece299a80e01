// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A way of holding programs in: namespaces here, virtual machines later.
public protocol SandboxDriver: Sendable {
    var capabilities: DriverCapabilities { get }

    /// Brings a sandbox up.
    ///
    /// - Throws: `unavailable` when the host has no room for another; `not_found` for a layer that its namespace does not
    ///   have; `unprocessable` for layers that the driver cannot give it; `internal` otherwise. Nothing then remains on the
    ///   host: no process, mount, cgroup or directory.
    func create(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox

    /// The sandboxes that are still up from an earlier server; none when sandboxes end with their server.
    func survivors() async throws(OutpostError) -> [any RunningSandbox]

    /// Kills and removes every sandbox; returns when nothing is left.
    func shutDown() async
}

extension SandboxDriver {
    /// What a driver makes sure of before it brings a sandbox up.
    ///
    /// - Throws: `internal` when the sandbox is to be held in by something else.
    public func checkIsolation(of spec: SandboxSpec) throws(OutpostError) {
        guard let reason = spec.isolation.refusal(having: capabilities.isolation) else { return }
        throw OutpostError(.internal, "this driver cannot make the sandbox: \(reason)")
    }
}

/// What a driver's sandboxes can, beside what all can. What is not here is refused before anything is started.
public struct DriverCapabilities: Hashable, Sendable {
    public struct Features: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The order in which a program writes to both streams is kept.
        public static let interleavedOutput = Features(rawValue: 1 << 0)
        /// Two programs can be connected by their streams: the driver is `PipeCrossing`.
        public static let crossedPipes = Features(rawValue: 1 << 1)
        /// Interpreters are started ahead: the driver is `WarmStarting`.
        public static let warmStarts = Features(rawValue: 1 << 2)
        /// Sandboxes outlive the server that made them.
        public static let survivors = Features(rawValue: 1 << 3)
        /// A process can have a terminal in place of its streams.
        public static let terminals = Features(rawValue: 1 << 4)
        /// The files of a sandbox can be worked with while it is up.
        public static let files = Features(rawValue: 1 << 5)
        /// The ports of a sandbox can be connected to.
        public static let ports = Features(rawValue: 1 << 6)
        /// A sandbox can be paused.
        public static let pauses = Features(rawValue: 1 << 7)
        /// A sandbox can have sealed disks as layers.
        public static let layers = Features(rawValue: 1 << 8)
    }

    /// What is really in force for every sandbox.
    public var isolation: Isolation
    public var features: Features
    /// Who counts what a program uses.
    public var measuredBy: ProcessExit.Measurer

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

/// A driver whose sandboxes see an image that can be added to.
public protocol ImagePreparing: SandboxDriver {
    /// Makes what these make a part of the image, for sandboxes that are brought up afterwards.
    ///
    /// - Throws: `internal`; the image is as it was then.
    func prepareImage(_ preparations: [ImagePreparation]) async throws(OutpostError)

    /// What changes with what the image holds, so that sandboxes that were brought up with an older one can be told.
    func imageGeneration() async -> String
}
