// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The first frame of each side: which protocol it speaks, and what it can do.
public struct Hello: Hashable, Sendable {
    /// Things that an agent may be able to do.
    public struct Features: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// It starts processes. What only reaps one does not.
        public static let processes = Features(rawValue: 1 << 0)
        /// Descriptors come along with its requests, so that a process can be given streams of the host's.
        public static let attachedStreams = Features(rawValue: 1 << 1)
        /// It carries streams in frames.
        public static let framedStreams = Features(rawValue: 1 << 2)
        /// It makes pseudo-terminals.
        public static let terminals = Features(rawValue: 1 << 3)
        /// It can set the clock and feed the random number generator, as in a machine of its own.
        public static let machine = Features(rawValue: 1 << 4)
        /// It starts workers, which work with files and connect to ports as the sandbox's user.
        public static let workers = Features(rawValue: 1 << 5)
    }

    /// The version that this source is of. Another is refused: host and agent are built together.
    public static let currentVersion: UInt16 = 2

    public var version: UInt16
    public var features: Features

    public init(version: UInt16 = currentVersion, features: Features) {
        self.version = version
        self.features = features
    }

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
