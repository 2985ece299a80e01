// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
public import OutpostCore

/// The files and the steps that run one piece of code.
public struct LanguagePlan: Hashable, Sendable {
    /// One command. Its working directory is that of the run, because a compiler looks for a project there.
    public struct Step: Hashable, Sendable {
        /// The program's absolute path and its arguments. No shell interprets them.
        public let argv: [String]
        /// Variables that the language needs. A variable of the sandbox wins over one of the same name.
        public let environment: [EnvironmentVariable]
        /// The step's own limit of wall time; nil for the limit of the run.
        public let timeoutMilliseconds: Int?
        /// The step's own limit of memory; nil for the limit of the run.
        public let memoryMiB: Int?
    }

    /// The files to write, with absolute paths. The source is the first.
    public let files: [SandboxFile]
    /// The name of the source file.
    public let fileName: String
    /// The compile step, which must exit with 0 before `run`; nil for an interpreted language.
    public let compile: Step?
    public let run: Step
    /// The path of the compiled program that the compile cache may keep; nil when the code must be compiled each time.
    public let reusableOutput: String?
}

extension Language {
    /// Makes the plan to run `code`.
    ///
    /// - Parameters:
    ///   - directory: the absolute path of the source's folder in the sandbox.
    ///   - made: the folder for the compiler's output; nil for `directory`.
    ///   - workingDirectory: the working directory of the run; nil for `directory`.
    ///   - scratch: the folder for the compiler's caches; nil for a folder in `directory`. It need not exist. A folder
    ///     that lives
    ///     as long as the sandbox makes the next compilation faster.
    ///   - arguments: the arguments after the program's own name.
    public func plan(
        code: String, directory: String, made: String? = nil, workingDirectory: String? = nil,
        scratch: String? = nil, arguments: [String] = []
    ) -> LanguagePlan {
        let name = source.fileName(for: code)
        let file = directory + "/" + name
        let made = made ?? directory
        let paths = PlaceholderPaths(
            file: file, output: made + "/" + outputName, directory: made, scratch: scratch ?? directory + "/.cache",
            source: directory, workingDirectory: workingDirectory ?? directory,
            overlay: made + "/overlay.json")
        var files = [
            SandboxFile(path: file, content: content(of: code, with: paths), mode: source.mode(of: code))
        ]
        if compile?.command.uses(.overlay) == true {
            files.append(
                SandboxFile(path: paths.overlay, content: overlay(of: file, named: name), mode: 0o444))
        }
        return LanguagePlan(
            files: files, fileName: name,
            compile: compile?.step(with: paths, environment: environment),
            run: LanguagePlan.Step(
                argv: run.expanded(with: paths) + arguments,
                environment: environment.map { $0.expanded(with: paths) }, timeoutMilliseconds: nil, memoryMiB: nil),
            reusableOutput: compile?.isReusable == true ? paths.output : nil)
    }

    private func content(of code: String, with paths: PlaceholderPaths) -> [UInt8] {
        let line = Array((firstLine?.expanded(with: paths) ?? "").utf8)
        // The path of the working directory may have a line feed, which would end the line too early.
        guard !line.isEmpty, line.allSatisfy({ $0 >= 0x20 }) else { return source.content(of: code) }
        return line + [UInt8(ascii: "\n")] + source.content(of: code)
    }

    /// Returns the command that fills the cache folder `scratch` with files that every compilation needs; nil when the
    /// language has none.
    public func preparation(scratch: String) -> LanguagePlan.Step? {
        guard let compile, let prepare = compile.prepare else { return nil }
        let paths = PlaceholderPaths(
            file: scratch, output: scratch, directory: scratch, scratch: scratch, source: scratch,
            workingDirectory: scratch, overlay: scratch)
        return LanguagePlan.Step(
            argv: prepare.expanded(with: paths),
            environment: (environment + compile.environment).map { $0.expanded(with: paths) },
            timeoutMilliseconds: nil, memoryMiB: nil)
    }

    /// The name of the compiled program: the name of the source file without its extension.
    private var outputName: String {
        guard let dot = source.fileName.lastIndex(of: "."), dot != source.fileName.startIndex else {
            return source.fileName + ".out"
        }
        return String(source.fileName[..<dot])
    }
}

extension CompileRule {
    fileprivate func step(
        with paths: PlaceholderPaths, environment shared: [VariableTemplate]
    ) -> LanguagePlan.Step {
        LanguagePlan.Step(
            argv: command.expanded(with: paths),
            environment: (shared + environment).map { $0.expanded(with: paths) },
            timeoutMilliseconds: timeoutMilliseconds, memoryMiB: memoryMiB)
    }
}

extension VariableTemplate {
    fileprivate func expanded(with paths: PlaceholderPaths) -> EnvironmentVariable {
        EnvironmentVariable(name: name, value: value.expanded(with: paths))
    }
}

/// The overlay file that makes Go see the source in the working directory (`-overlay` of `go help build`).
private func overlay(of file: String, named name: String) -> [UInt8] {
    // The encoding cannot fail, because keys and values are strings.
    let data = try? JSONSerialization.data(
        withJSONObject: ["Replace": [name: file]], options: [.withoutEscapingSlashes])
    return Array(data ?? Data())
}
