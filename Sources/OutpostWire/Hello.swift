// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The first message of each side, with its protocol version and features.
public struct Hello: Hashable, Sendable {
    /// The features of an agent.
    public struct Features: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// It starts processes. An agent without this feature only reports the end of one process.
        public static let processes = Features(rawValue: 1 << 0)
        /// It receives descriptors with requests, so that a process can use streams of the host.
        public static let attachedStreams = Features(rawValue: 1 << 1)
        /// It sends and receives streams in frames.
        public static let framedStreams = Features(rawValue: 1 << 2)
        /// It makes pseudo-terminals.
        public static let terminals = Features(rawValue: 1 << 3)
        /// It can set the clock and feed the random number generator, as an agent in a virtual machine needs.
        public static let machine = Features(rawValue: 1 << 4)
        /// It starts workers, which read and write files and connect to ports as the sandbox's user.
        public static let workers = Features(rawValue: 1 << 5)
    }

    /// The version of this source. Both sides refuse any other version, because host and agent are built together.
    public static let currentVersion: UInt16 = 2

    /// The protocol version of the sender.
    public var version: UInt16
    /// The features of the sender.
    public var features: Features

    /// A hello with these values.
    public init(version: UInt16 = currentVersion, features: Features) {
        self.version = version
        self.features = features
    }

    /// The frame of this message.
    public var frame: Frame {
        Frame(.hello) { writer in
            writer.write(version)
            writer.write(features.rawValue)
        }
    }

    init(_ frame: Frame, _ reader: inout ByteReader) throws(WireError) {
        try frame.requireNoSubject()
        version = try reader.integer()
        features = Features(rawValue: try reader.integer())
    }
}
