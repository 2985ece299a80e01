// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
public import OutpostCore

/// What it takes to run one piece of code: files to write, then steps to take.
public struct LanguagePlan: Hashable, Sendable {
    /// By absolute path; the source is the first.
    public let files: [SandboxFile]
    /// The name of the source file.
    public let fileName: String
    /// Must exit with 0 before `run`; nil for an interpreted language.
    public let compile: Step?
    public let run: Step
    /// The path at which `compile` leaves all that `run` needs of it, when the same step always makes the same; nil for
    /// what must be compiled each time.
    public let reusableOutput: String?

    /// One command. A compiler looks for a project in its working directory, which is that of the run.
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
    ///   - directory: The absolute path of the source's folder in the sandbox.
    ///   - made: The folder for what a compiler makes; nil for the source's.
    ///   - workingDirectory: That of the run; nil for the source's folder.
    ///   - scratch: Where compilers keep their caches. Given a folder that lives as long as the sandbox, the next
    ///     compilation is faster; nil keeps them in `directory`. It need not exist.
    ///   - arguments: Follow the program's own name.
    public func plan(
        code: String, directory: String, made: String? = nil, workingDirectory: String? = nil,
        scratch: String? = nil, arguments: [String] = []
    ) -> LanguagePlan {
        let name = source.fileName(for: code)
        let file = directory + "/" + name
        let made = made ?? directory
        let places = Places(
            file: file, output: made + "/" + outputName, directory: made, scratch: scratch ?? directory + "/.cache",
            source: directory, workingDirectory: workingDirectory ?? directory,
            overlay: made + "/overlay.json")
        var files = [
            SandboxFile(path: file, content: content(of: code, at: places), mode: source.mode(of: code))
        ]
        if compile?.command.uses(.overlay) == true {
            files.append(
                SandboxFile(path: places.overlay, content: overlay(of: file, named: name), mode: 0o444))
        }
        return LanguagePlan(
            files: files, fileName: name,
            compile: compile?.step(at: places, environment: environment),
            run: LanguagePlan.Step(
                argv: run.expanded(with: places) + arguments,
                environment: environment.map { $0.expanded(with: places) }, timeoutMilliseconds: nil, memoryMiB: nil),
            reusableOutput: compile?.isReusable == true ? places.output : nil)
    }

    private func content(of code: String, at places: Places) -> [UInt8] {
        let line = Array((firstLine?.expanded(with: places) ?? "").utf8)
        // A directory may have a line's end in its name.
        guard !line.isEmpty, line.allSatisfy({ $0 >= 0x20 }) else { return source.content(of: code) }
        return line + [UInt8(ascii: "\n")] + source.content(of: code)
    }

    /// The command that fills a folder for compilers' caches with what every compilation needs, given that folder's path;
    /// nil when there is none.
    public func preparation(scratch: String) -> LanguagePlan.Step? {
        guard let compile, let prepare = compile.prepare else { return nil }
        let places = Places(
            file: scratch, output: scratch, directory: scratch, scratch: scratch, source: scratch,
            workingDirectory: scratch,
            overlay: scratch)
        return LanguagePlan.Step(
            argv: prepare.expanded(with: places),
            environment: (environment + compile.environment).map { $0.expanded(with: places) },
            timeoutMilliseconds: nil, memoryMiB: nil)
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

/// What tells Go to see the source in the working directory (`-overlay` of `go help build`).
private func overlay(of file: String, named name: String) -> [UInt8] {
    // Text as a value, and keys that are text, are JSON always.
    let data = try? JSONSerialization.data(
        withJSONObject: ["Replace": [name: file]], options: [.withoutEscapingSlashes])
    return Array(data ?? Data())
}
