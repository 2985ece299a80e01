// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What it takes to run one piece of code: files to write, then steps to take.
public struct LanguagePlan: Hashable, Sendable {
    /// By absolute path.
    public let files: [SandboxFile]
    /// Must exit with 0 before `run`; nil for an interpreted language.
    public let compile: Step?
    public let run: Step
    /// The path at which `compile` leaves all that `run` needs of it, when the same step always makes the same; nil for
    /// what must be compiled each time.
    public let reusableOutput: String?

    /// One command. A compiler looks for a project in its working directory, so that is the plan's directory.
    public struct Step: Hashable, Sendable {
        /// The program's absolute path and its arguments; no shell sees them.
        public let argv: [String]
        /// What the language needs on top of the sandbox's own environment, which wins.
        public let environment: [EnvironmentVariable]
        /// The step's own bound on wall time, or nil for the run's.
        public let timeoutMilliseconds: Int?
        /// The step's own bound on memory, or nil for the run's.
        public let memoryMiB: Int?
    }
}

extension Language {
    /// How to run `code`.
    ///
    /// - Parameters:
    ///   - directory: An absolute path in the sandbox, which the program's user may write to.
    ///   - scratch: Where compilers keep their caches. Given a folder that lives as long as the sandbox, the next
    ///     compilation is faster; nil keeps them in `directory`. It need not exist.
    ///   - arguments: Follow the program's own name.
    public func plan(
        code: String, directory: String, scratch: String? = nil, arguments: [String] = []
    ) -> LanguagePlan {
        let file = directory + "/" + source.fileName(for: code)
        let places = Places(
            file: file, output: directory + "/" + outputName, directory: directory,
            scratch: scratch ?? directory + "/.cache")
        return LanguagePlan(
            files: [SandboxFile(path: file, content: Self.source(code))],
            compile: compile?.step(at: places, environment: environment),
            run: LanguagePlan.Step(
                argv: run.expanded(with: places) + arguments,
                environment: environment.map { $0.expanded(with: places) }, timeoutMilliseconds: nil, memoryMiB: nil),
            reusableOutput: compile?.isReusable == true ? places.output : nil)
    }

    /// The command that fills a folder for compilers' caches with what every compilation needs, given that folder's path;
    /// nil when there is none.
    public func preparation(scratch: String) -> LanguagePlan.Step? {
        guard let compile, let prepare = compile.prepare else { return nil }
        let places = Places(file: scratch, output: scratch, directory: scratch, scratch: scratch)
        return LanguagePlan.Step(
            argv: prepare.expanded(with: places),
            environment: (environment + compile.environment).map { $0.expanded(with: places) },
            timeoutMilliseconds: nil, memoryMiB: nil)
    }

    /// The code's bytes without a byte order mark, which editors on other systems write and a shell takes for a command's
    /// first letter.
    private static func source(_ code: String) -> [UInt8] {
        let bytes = Array(code.utf8)
        return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    /// The compiled program's name: the source file's, without its extension.
    private var outputName: String {
        guard let dot = source.fileName.lastIndex(of: "."), dot != source.fileName.startIndex else {
            return source.fileName + ".out"
        }
        return String(source.fileName[..<dot])
    }
}

extension CompileRule {
    fileprivate func step(at places: Places, environment shared: [VariableTemplate]) -> LanguagePlan.Step {
        LanguagePlan.Step(
            argv: command.expanded(with: places),
            environment: (shared + environment).map { $0.expanded(with: places) },
            timeoutMilliseconds: timeoutMilliseconds, memoryMiB: memoryMiB)
    }
}

extension VariableTemplate {
    fileprivate func expanded(with places: Places) -> EnvironmentVariable {
        EnvironmentVariable(name: name, value: value.expanded(with: places))
    }
}
