// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox ls`.
struct SandboxListFilesCommand: ResumingCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List a folder of a sandbox.")

    @Argument(help: "The folder, as ID:PATH; ID alone is the working directory.", transform: sandboxPath)
    var place: SandboxPath

    @Argument(help: "The folder, when the first word is only the ID.")
    var path: String?

    @Option(help: "How many levels of folders are listed.")
    var depth = 1

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let list = try await client.listFolder(path ?? place.path, in: place.sandbox, depth: depth)
        if global.json { return try Output.print(list.json) }
        try Output.print(TextTable(entries: list.entries.sorted { $0.path < $1.path }, depth: depth).lines)
    }
}

extension TextTable {
    /// One row for each entry of a folder.
    init(entries: [FileEntry], depth: Int) {
        self.init(
            header: ["MODE", "OWNER", "SIZE", "MODIFIED", depth == 1 ? "NAME" : "PATH"],
            rows: entries.map { entry in
                let name = depth == 1 ? entry.name : entry.path
                let mode = String(entry.mode, radix: 8)
                return [
                    entry.kind.letter + String(repeating: "0", count: max(0, 4 - mode.count)) + mode,
                    "\(entry.uid):\(entry.gid)", "\(entry.size)", entry.modifiedAt.text,
                    entry.target.map { "\(name) -> \($0)" } ?? name,
                ]
            })
    }
}

extension FileInformation.Kind {
    /// The letter of ls(1).
    fileprivate var letter: String {
        switch self {
        case .file: "-"
        case .directory: "d"
        case .symlink: "l"
        case .fifo: "p"
        case .socket: "s"
        case .device: "c"
        }
    }
}

/// `outpost sandbox cat`.
struct SandboxCatCommand: ResumingCommand {
    static let configuration = CommandConfiguration(commandName: "cat", abstract: "Print a file of a sandbox.")

    @Argument(help: "The file, as ID:PATH.", transform: sandboxPath)
    var place: SandboxPath

    @Argument(help: "The file, when the first word is only the ID.")
    var path: String?

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let file = path ?? place.path
        guard global.json else {
            return try await client.readFile(file, in: place.sandbox) { try Output.write($0) }
        }
        var content: [UInt8] = []
        try await client.readFile(file, in: place.sandbox) { bytes in
            content += bytes
            guard content.count <= BoundedReading.mostBytes else { throw BoundedReading.tooLong(file) }
        }
        var object = JSONObject([(name: "path", value: .string(file))])
        if let text = String(validating: content, as: UTF8.self) {
            object["content"] = .string(text)
        } else {
            object["content_base64"] = .string(Base64.encode(content))
        }
        try Output.print(.object(object))
    }
}

/// `outpost sandbox put`.
struct SandboxPutCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Write a file of a sandbox from standard input or a local file.")

    @Argument(help: "The new file, as ID:PATH.", transform: sandboxPath)
    var place: SandboxPath

    @Argument(help: "The local file; - is standard input.")
    var source = "-"

    @Option(help: "The permissions in octal, such as 0755. (default: those of the existing file, else 0644)")
    var mode: String?

    @Flag(help: "Create missing folders above the file.")
    var parents = false

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func validate() throws { _ = try fileMode(mode) }

    func run(with client: OutpostClient) async throws {
        let file =
            source == "-"
            ? try LocalFile(opened: dup(STDIN_FILENO), "standard input") : try LocalFile(reading: source)
        let query = FileWriteQuery(mode: try fileMode(mode), makesParents: parents)
        let progress = TransferProgress(place.path)
        defer { progress.end() }
        try await client.writeFile(place.path, in: place.sandbox, query) {
            let bytes = try file.next()
            progress.pass(bytes?.count ?? 0)
            return bytes
        }
        if global.json {
            try Output.print(["path": .string(place.path), "bytes": .integer(progress.bytes)])
        }
    }
}

/// Parses permissions in octal. Nil when there are none.
private func fileMode(_ text: String?) throws -> UInt32? {
    try text.map { text in
        guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
            throw ValidationError("\"\(text)\" is not a mode, such as 0755")
        }
        return mode
    }
}

/// `outpost sandbox rm`.
struct SandboxRemoveFileCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove files or folders of a sandbox.")

    @Argument(help: "The files, as ID:PATH.", transform: sandboxPath)
    var places: [SandboxPath]

    @Flag(name: .shortAndLong, help: "Remove folders with their content.")
    var recursive = false

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await deleteAll(places, json: global.json) { [recursive] place in
            try await client.removeFile(place.path, in: place.sandbox, isRecursive: recursive)
        }
    }
}

extension SandboxPath: CustomStringConvertible {
    var description: String { text }
}

/// `outpost sandbox mkdir`.
struct SandboxMakeFolderCommand: ResumingCommand {
    static let configuration = CommandConfiguration(commandName: "mkdir", abstract: "Create a folder in a sandbox.")

    @Argument(help: "The new folder, as ID:PATH.", transform: sandboxPath)
    var place: SandboxPath

    @Option(help: "The permissions in octal, such as 0700. (default: 0755)")
    var mode: String?

    @Flag(name: .shortAndLong, help: "Create missing folders above it. An existing folder is no error.")
    var parents = false

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func validate() throws { _ = try fileMode(mode) }

    func run(with client: OutpostClient) async throws {
        try await client.makeFolder(
            place.path, in: place.sandbox, mode: try fileMode(mode) ?? 0o755, makesParents: parents)
        if global.json { try Output.print(["path": .string(place.path)]) }
    }
}

/// `outpost sandbox mv`.
struct SandboxMoveFileCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "mv", abstract: "Move a file or folder inside of a sandbox.")

    @Argument(help: "The file or folder, as ID:PATH.", transform: sandboxPath)
    var place: SandboxPath

    @Argument(help: "The new path in the same sandbox, as PATH or ID:PATH. An existing file is replaced.")
    var destination: String

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    private var target: SandboxPath {
        SandboxPath(argument: destination) ?? SandboxPath(destination, in: place.sandbox)
    }

    func validate() throws {
        guard target.sandbox == place.sandbox else { throw ValidationError("both paths must be in the same sandbox") }
    }

    func run(with client: OutpostClient) async throws {
        try await client.moveFile(place.path, to: target.path, in: place.sandbox)
        if global.json { try Output.print(["path": .string(target.path)]) }
    }
}

/// `outpost sandbox link`.
struct SandboxLinkFileCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "Print a signed URL that reads or writes one file without a token.")

    @Argument(help: "The file, as ID:PATH.", transform: sandboxPath)
    var place: SandboxPath

    @Option(help: "What the URL allows: GET or PUT.")
    var method = FileLink.Method.get

    @Option(help: "Seconds until the URL stops to work.")
    var expiresIn = FileLink.usualSeconds

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let link = try await client.linkFile(place.path, in: place.sandbox, method: method, seconds: expiresIn)
        if global.json { return try Output.print(link.json) }
        try Output.print([link.url])
    }
}

/// `outpost sandbox watch`.
struct SandboxWatchCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Print the changes in a folder of a sandbox until an interrupt.")

    @Argument(help: "The folder, as ID:PATH; ID alone is the working directory.", transform: sandboxPath)
    var place: SandboxPath

    @Flag(name: .shortAndLong, help: "Also watch the folders below.")
    var recursive = false

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await client.watchFolder(place.path, in: place.sandbox, isRecursive: recursive) {
            [json = global.json] event in
            if json {
                try Output.print(["event": .string(event.name), "data": event.json])
            } else {
                try Output.print([event.line])
            }
            return true
        }
    }
}

extension FolderEvent {
    /// The event as a line for people.
    fileprivate var line: String {
        let path = json["path"]?.stringValue.map { " \($0)" } ?? ""
        let from = json["from"]?.stringValue.map { " (was \($0))" } ?? ""
        return TextTable.printable(name + path + from)
    }
}
