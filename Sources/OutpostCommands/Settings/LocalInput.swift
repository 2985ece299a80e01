// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// The input of a command from its own machine. Tests replace it.
struct LocalInput {
    /// Whether standard input is a terminal.
    var isTerminal: Bool
    /// Reads standard input to its end.
    var standardInput: () throws -> [UInt8]
    /// Reads what standard input has now.
    var availableInput: () throws -> ReadInput
    /// Reads a file.
    var file: (String) throws -> [UInt8]
    /// Returns the permissions of a file in the sandbox. When the user of this process may execute it, everybody may
    /// there.
    var mode: (String) throws -> UInt32 = { _ in 0o644 }

    /// Returns whether a path is a folder.
    var isFolder: (String) -> Bool = { _ in false }
    /// Lists the files of a folder.
    var folder: (String) throws -> ProjectFolder = { _ in ProjectFolder(files: [], leftOut: []) }
    /// Prints a message on standard error.
    var say: (String) -> Void = { _ in }

    /// The input of this process.
    static var process: LocalInput {
        LocalInput(
            isTerminal: isatty(FileHandle.standardInput.fileDescriptor) == 1, standardInput: readStandardInput,
            availableInput: { try ReadInput.available(STDIN_FILENO) }, file: { try BoundedReading.bytes(ofFile: $0) },
            mode: { access($0, X_OK) == 0 ? 0o755 : 0o644 },
            isFolder: { path in
                var status = stat()
                return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            }, folder: { try ProjectFolder($0) }, say: { Output.warn("outpost: \($0)") })
    }

    /// Reads the file or folder at the local `path` as files for a sandbox.
    ///
    /// - Parameter place: the path in the sandbox, relative to the working directory; empty for the working directory.
    /// - Throws: `invalid_request` when a file cannot be read.
    func sandboxFiles(_ path: String, at place: String) throws -> [SandboxFile] {
        guard isFolder(path) else { return [try sandboxFile(path, at: place)] }
        return try sandboxFiles(try folder(path), in: path, at: place)
    }

    /// Reads a folder that is listed already, like `sandboxFiles(_:at:)`. Prints the number of files and their size.
    func sandboxFiles(_ project: ProjectFolder, in path: String, at place: String) throws -> [SandboxFile] {
        var size = 0
        let files = try project.files.map { name in
            let file = try sandboxFile("\(path)/\(name)", at: place.isEmpty ? name : "\(place)/\(name)")
            size += file.content.count
            guard size <= BoundedReading.mostBytes else { throw BoundedReading.tooLong("the content of \(path)") }
            return file
        }
        let left = project.leftOut.isEmpty ? "" : "; left out: \(project.leftOut.joined(separator: ", "))"
        say("sending \(path): \(files.count) files, \(sizeText(size))\(left)")
        return files
    }

    private func sandboxFile(_ path: String, at place: String) throws -> SandboxFile {
        SandboxFile(path: place, content: try file(path), mode: try mode(path))
    }
}

private func sizeText(_ bytes: Int) -> String {
    bytes < 1024 ? "\(bytes) bytes" : bytes < 1 << 20 ? "\(bytes / 1024) KiB" : "\(bytes >> 20) MiB"
}

/// Reads standard input to its end. Prints a hint when nothing comes for 2 seconds, because the user may not know that
/// an open pipe makes the command wait.
private func readStandardInput() throws(OutpostError) -> [UInt8] {
    var hasSaid = false
    return try BoundedReading.bytes(of: STDIN_FILENO, "standard input") {
        var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard !hasSaid, poll(&entry, 1, 2000) == 0 else { return }
        Output.warn("outpost: waiting for the end of standard input; add </dev/null if there is no input")
        hasSaid = true
    }
}
