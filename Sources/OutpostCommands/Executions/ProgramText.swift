// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// A program's text, its standard input and its files.
struct ProgramText: Equatable {
    /// The file of the text; nil when the text does not come from a file.
    var path: String?
    var code: String
    var stdin: [UInt8]
    /// Whether more of standard input follows while the program runs.
    var isInputOpen = false
    /// The other files of the program's folder.
    var files: [SandboxFile] = []
    /// Whether the arguments are the command to run. There is no text then.
    var isCommand = false

    /// Reads the text and the files that `options` name. Also reads standard input for the program, unless the text comes
    /// from it.
    ///
    /// - Parameters:
    ///   - isCommand: whether the arguments are the command to run.
    ///   - isLive: whether the rest of standard input can follow while the program runs. Otherwise all of it is read now, and
    ///     a terminal is not read.
    /// - Throws: `invalid_request` when a file cannot be read or the text is not UTF-8; `ValidationError` when there is
    ///   no text.
    init(
        _ options: ProgramOptions, command isCommand: Bool = false, live isLive: Bool = false, from input: LocalInput
    ) throws {
        if isCommand {
            self.init(path: nil, code: "", input: try input.programInput(isLive))
            self.isCommand = true
            guard let path = options.file else { return }
            guard input.isFolder(path) else {
                throw ValidationError("--command takes a folder, not a file")
            }
            files = try input.sandboxFiles(path, at: "")
        } else if let path = options.file, input.isFolder(path) {
            let project = try input.folder(path)
            let main = try project.main(of: path)
            let all = try input.sandboxFiles(project, in: path, at: "")
            let code = try text(all.first { $0.path == main }?.content ?? [], main)
            self.init(path: main, code: code, input: try input.programInput(isLive))
            // The server writes the code itself as the main file.
            files = all.filter { $0.path != main }
        } else if let code = options.code {
            self.init(path: nil, code: code, input: try input.programInput(isLive))
        } else if let path = options.file, path != "-" {
            self.init(path: path, code: try text(try input.file(path), path), input: try input.programInput(isLive))
        } else if options.file == nil, input.isTerminal {
            throw ValidationError("no program: name a file, name - for standard input, or give the text with -c")
        } else {
            self.init(
                path: nil, code: try text(try input.standardInput(), "standard input"), input: ReadInput(bytes: []))
        }
    }

    private init(path: String?, code: String, input: ReadInput) {
        self.path = path
        self.code = code
        stdin = input.bytes
        isInputOpen = input.isOpen
    }
}

extension LocalInput {
    /// Returns the program's standard input, as far as it goes with the call.
    fileprivate func programInput(_ isLive: Bool) throws -> ReadInput {
        if isLive { return try availableInput() }
        return ReadInput(bytes: isTerminal ? [] : try standardInput())
    }
}

private func text(_ bytes: [UInt8], _ source: String) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw OutpostError(.invalidRequest, "\(source) is not UTF-8 text")
    }
    return text
}
