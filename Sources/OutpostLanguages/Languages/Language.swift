// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A programming language as its manifest describes it: the source file, the compile step and the run step.
public struct Language: Sendable {
    /// The name in requests.
    public let name: String
    /// Other names in requests.
    public let aliases: [String]
    /// The image that programs run in. `host` is the host's own `/usr`.
    public let image: String
    /// The program that the language needs.
    public let toolchain: Toolchain
    /// The interpreter that can start before the code is known; nil when the language has none.
    public let starter: LanguageStarter?

    let source: SourceFileRule
    /// A line that is added before the code.
    let firstLine: WordTemplate?
    let compile: CompileRule?
    let run: CommandTemplate
    let environment: [VariableTemplate]

    /// Whether code is compiled before it runs.
    public var isCompiled: Bool { compile != nil }
}

/// An interpreter that can start and then wait for its code.
public struct LanguageStarter: Hashable, Sendable {
    /// `python` or `node`.
    public let interpreter: String
    /// Modules that the interpreter imports before it waits.
    public let preload: [String]
}

/// The program that a language needs on the host.
public struct Toolchain: Hashable, Sendable {
    /// The absolute path of the program. The language is installed when the program exists.
    public let program: String
    /// The command that prints the version.
    public let versionCommand: [String]
    /// The command with which an operator installs the program.
    public let install: String

    /// The version in the output of `versionCommand`: the first number with a dot, such as `3.11.2` in `Python 3.11.2`.
    /// Nil when there is none.
    public func version(in output: String) -> String? {
        let words = output.split { !$0.isASCII || !($0.isNumber || $0 == ".") }
        return words.lazy.map(trimmingDots).first { $0.contains(".") }
    }
}

private func trimmingDots(_ word: Substring) -> String {
    var word = word.drop { $0 == "." }
    while word.last == "." { word.removeLast() }
    return String(word)
}

/// The compile step of a language.
struct CompileRule: Sendable {
    let command: CommandTemplate
    let timeoutMilliseconds: Int?
    let memoryMiB: Int?
    let environment: [VariableTemplate]
    /// Whether the compile cache may keep `{output}`. It must depend only on the step's command, variables and files, and
    /// `run` must need no other output.
    let isReusable: Bool
    /// A command that fills `{scratch}` with files that every compilation needs.
    let prepare: CommandTemplate?
}

/// An environment variable whose value may have placeholders.
struct VariableTemplate: Sendable {
    let name: String
    let value: WordTemplate
}
