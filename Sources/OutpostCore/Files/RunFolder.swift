// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The folder inside the sandbox for the files that the platform writes for one run: the source and the compiled program.
///
/// It is outside the working directory. So it never collides with a client's file, and a program that lists its files
/// does not see it. The source is in a folder with the path of the working directory, below `root`. Beside the source are
/// links to the entries of the working directory. The folders above have links to the entries of the working directory's
/// parents. So a program that looks for files beside its source, or in folders above, finds them as if the source were in
/// the working directory.
public struct RunFolder: Hashable, Sendable {
    /// How one program uses the folder.
    public struct Options: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The folder is made new for the program: its old content is removed and the links are made.
        public static let isNew = Options(rawValue: 1)
        /// The program is a compiler and may write to the folder. Without this option it may only read.
        public static let compiles = Options(rawValue: 2)
        /// The folder has a compiled program.
        public static let isCompiled = Options(rawValue: 4)
        /// The folder is removed when the program has ended.
        public static let endsWithProgram = Options(rawValue: 8)
        /// The folder is removed when the program has failed or could not be started.
        public static let endsWithFailure = Options(rawValue: 16)
        /// The program is a warm interpreter. It makes the folder itself when it gets its job.
        public static let waits = Options(rawValue: 32)
    }

    /// The beginning of the name of every run folder.
    public static let namePrefix = ".outpost"

    /// The root of runs that follow one another. Its name is always the same, because a warm interpreter is told the path
    /// of its program before the program is known.
    public static let ordinaryRoot = "/tmp/\(namePrefix)"

    /// The most entries of one directory that get a link.
    public static let mostLinks = 10_000

    private static let madeName = ".made"

    /// An absolute path. The folder is the only user of it.
    public var root: String
    /// The working directory of the run, as an absolute path.
    public var workingDirectory: String
    public var options: Options

    public init(root: String, workingDirectory: String, options: Options = []) {
        self.root = root
        self.workingDirectory = workingDirectory.plainPath
        self.options = options
    }

    /// The folder of the source.
    public var source: String { workingDirectory == "/" ? root : root + workingDirectory }

    /// The folder of the compiler's output and its temporary files.
    public var made: String { "\(root)/\(Self.madeName)" }

    /// Whether `path` is the folder or inside it.
    public func contains(_ path: String) -> Bool {
        let names = path.pathComponents.filter { $0 != "." }.map(\.nameBytes)
        return names.starts(with: root.pathComponents.map(\.nameBytes))
    }

    /// The root of a run that runs beside others in its sandbox.
    public static func root(of id: ExecutionID) -> String { "\(ordinaryRoot)-\(id)" }
}
