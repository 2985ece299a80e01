// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// What a command reads from its own machine; a test supplies its own.
struct LocalInput {
    /// Whether a person sits at standard input, which then is not waited for.
    var isTerminal: Bool
    /// All of standard input.
    var standardInput: () throws -> [UInt8]
    /// A file's bytes.
    var file: (String) throws -> [UInt8]
    /// The permissions that it gets in the sandbox: that its owner may execute it is for everybody there.
    var mode: (String) throws -> UInt32 = { _ in 0o644 }

    /// Whether a path is a folder.
    var isFolder: (String) -> Bool = { _ in false }
    /// The files of a folder, relative to it, and what of it is left out.
    var folder: (String) throws -> ProjectFolder = { _ in ProjectFolder(files: [], leftOut: []) }
    /// Tells the user something, on standard error.
    var say: (String) -> Void = { _ in }

    /// The process's own.
    static var process: LocalInput {
        LocalInput(
            isTerminal: isatty(FileHandle.standardInput.fileDescriptor) == 1, standardInput: readStandardInput,
            file: readFile, mode: { access($0, X_OK) == 0 ? 0o755 : 0o644 },
            isFolder: { path in
                var status = stat()
                return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            }, folder: { try ProjectFolder($0) }, say: { Output.warn("outpost: \($0)") })
    }

    /// What is at the local `path`, a file or all files of a folder, as files of a sandbox.
    ///
    /// - Parameter place: where it goes, relative to the working directory; empty for the working directory itself.
    /// - Throws: `invalid_request` when something cannot be read.
    func sandboxFiles(_ path: String, at place: String) throws -> [SandboxFile] {
        guard isFolder(path) else { return [try sandboxFile(path, at: place)] }
        return try sandboxFiles(try folder(path), in: path, at: place)
    }

    /// As `sandboxFiles(_:at:)`, of a folder that was looked through already; says how much it is.
    func sandboxFiles(_ project: ProjectFolder, in path: String, at place: String) throws -> [SandboxFile] {
        let files = try project.files.map { name in
            try sandboxFile("\(path)/\(name)", at: place.isEmpty ? name : "\(place)/\(name)")
        }
        let left = project.leftOut.isEmpty ? "" : "; left out: \(project.leftOut.joined(separator: ", "))"
        say("sending \(path): \(files.count) files, \(sizeText(files.reduce(0) { $0 + $1.content.count }))\(left)")
        return files
    }

    private func sandboxFile(_ path: String, at place: String) throws -> SandboxFile {
        SandboxFile(path: place, content: try file(path), mode: try mode(path))
    }
}

private func sizeText(_ bytes: Int) -> String {
    bytes < 1024 ? "\(bytes) bytes" : bytes < 1 << 20 ? "\(bytes / 1024) KiB" : "\(bytes >> 20) MiB"
}

/// Says so when nothing comes for a while: who has started this with an open pipe may not know that it is waited for.
private func readStandardInput() throws(OutpostError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    var hasSaid = false
    while true {
        var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        if !hasSaid, poll(&entry, 1, 2000) == 0 {
            Output.warn("outpost: waiting for the end of standard input; without any, give it </dev/null")
            hasSaid = true
        }
        let count = read(STDIN_FILENO, &part, part.count)
        if count == 0 { return bytes }
        if count < 0 && errno != EINTR {
            throw OutpostError(.invalidRequest, "cannot read standard input: \(String(cString: strerror(errno)))")
        }
        bytes += part.prefix(max(0, count))
    }
}

/// Reads to the end rather than by the file's size, which a pipe does not have.
private func readFile(_ path: String) throws(OutpostError) -> [UInt8] {
    do {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        return [UInt8](try file.readToEnd() ?? Data())
    } catch {
        throw OutpostError(.invalidRequest, "cannot read \(path): \(reason(error))", cause: error)
    }
}

/// The system's word for what went wrong, where there is one: the error around it says less.
private func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let underlying, underlying.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(underlying.code)))
}
