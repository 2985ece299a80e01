// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One programming language, as its manifest describes it: where source goes, how it is compiled, how it is run.
public struct Language: Sendable {
    /// The name that sandboxes are created with.
    public let name: String
    /// Other names for it.
    public let aliases: [String]
    /// The image it runs in; `host` is the host's own `/usr`.
    public let image: String
    /// How to find out whether, and in which version, the toolchain is there.
    public let toolchain: Toolchain

    /// How its interpreter can be started before the code is known; nil when it cannot.
    public let starter: LanguageStarter?

    let source: SourceFileRule
    /// Stands before the code.
    let firstLine: WordTemplate?
    let compile: CompileRule?
    let run: CommandTemplate
    let environment: [VariableTemplate]

    /// Whether code is compiled before it runs.
    public var isCompiled: Bool { compile != nil }
}

/// An interpreter that can wait for its code.
public struct LanguageStarter: Hashable, Sendable {
    /// Which one it is: `python` or `node`.
    public let interpreter: String
    /// Modules that it imports ahead.
    public let preload: [String]
}

/// The program a language needs.
public struct Toolchain: Hashable, Sendable {
    /// The absolute path of the program, whose presence is the language's.
    public let program: String
    /// The command that prints the version.
    public let versionCommand: [String]
    /// What an operator types to install it.
    public let install: String

    /// The version in what `versionCommand` printed: its first number with a dot in it, `3.11.2` of `Python 3.11.2`.
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

/// How the compile step goes.
struct CompileRule: Sendable {
    let command: CommandTemplate
    let timeoutMilliseconds: Int?
    let memoryMiB: Int?
    let environment: [VariableTemplate]
    /// Whether `{output}` depends on nothing but the step's command, variables and files, and is all of it that `run`
    /// needs.
    let isReusable: Bool
    /// Fills `{scratch}` with what every compilation needs.
    let prepare: CommandTemplate?
}

/// One variable whose value may have placeholders.
struct VariableTemplate: Sendable {
    let name: String
    let value: WordTemplate
}
