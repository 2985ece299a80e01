// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Where the platform keeps what it writes for one run: the source, and what a compiler makes of it.
///
/// It is outside the working directory, so that nothing of the client's is in its place and no program that lists its files
/// meets it. The source lies in a folder that is named as the working directory is, below `root`, and has links to the
/// entries of that beside it; so have the folders above. What a program looks for beside its source, or some folders up
/// from there, is found as if the source were in the working directory.
public struct RunFolder: Hashable, Sendable {
    /// What becomes of it with one program.
    public struct Options: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The program finds it new: what is there is removed, and the links are made.
        public static let isNew = Options(rawValue: 1)
        /// The program is a compiler, which may write to it. Without it the program may read it only.
        public static let compiles = Options(rawValue: 2)
        /// It holds what a compiler has made.
        public static let isCompiled = Options(rawValue: 4)
        /// It is removed when the program has ended.
        public static let endsWithProgram = Options(rawValue: 8)
        /// It is removed when the program has failed, or could not be started.
        public static let endsWithFailure = Options(rawValue: 16)
        /// The program is an interpreter that waits: it makes the folder itself, when it is told what is to be in it.
        public static let waits = Options(rawValue: 32)
    }

    /// Absolute; nothing else is at it or below it.
    public var root: String
    /// Absolute; that of the run.
    public var workingDirectory: String
    public var options: Options

    public init(root: String, workingDirectory: String, options: Options = []) {
        self.root = root
        self.workingDirectory = workingDirectory.plainPath
        self.options = options
    }

    /// The folder of the source.
    public var source: String { workingDirectory == "/" ? root : root + workingDirectory }

    /// The folder of what a compiler makes, on its way and of use.
    public var made: String { "\(root)/\(Self.madeName)" }

    /// Whether a path is of this folder.
    public func contains(_ path: String) -> Bool {
        let names = path.pathComponents.filter { $0 != "." }.map(\.nameBytes)
        return names.starts(with: root.pathComponents.map(\.nameBytes))
    }

    /// The folder that runs have one after the other. It has the same name each time, since an interpreter is told where its
    /// program will be when it starts to wait for it.
    public static let ordinaryRoot = "/tmp/\(namePrefix)"

    /// That of a run which has others beside it.
    public static func root(of id: ExecutionID) -> String { "\(ordinaryRoot)-\(id)" }

    /// What the names of all of them begin with.
    public static let namePrefix = ".outpost"

    private static let madeName = ".made"

    /// How many entries of one directory get a link.
    public static let mostLinks = 10_000
}
