// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox cp`.
struct SandboxCopyCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy a file or a folder into a sandbox or out of it.",
        discussion: """
            One of the two paths is in a stateful sandbox: ID:PATH, absolute or below the sandbox's working directory. The \
            other path is on this machine; - is standard input or output. A folder is copied with its content. Like with \
            cp(1), the copy goes into an existing folder at the destination.
            """)

    @Argument(help: "The file or folder to copy.")
    var source: String

    @Argument(help: "The new file or folder, or the folder to copy into.")
    var destination: String

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        let isInside = [source, destination].map { SandboxPath(argument: $0) != nil }
        if isInside.allSatisfy(\.self) { throw ValidationError("one of the paths must be on this machine") }
        if !isInside.contains(true) {
            throw ValidationError("one of the paths must be in a sandbox, such as sbx_0123456789ab:/workspace/file")
        }
    }

    func run(with client: OutpostClient) async throws {
        let copied: Transfer
        if let place = SandboxPath(argument: destination) {
            copied = try await Upload(source, place, client).run()
        } else if let place = SandboxPath(argument: source) {
            copied = try await Download(place, destination, client).run()
        } else {
            return
        }
        for path in copied.leftOut { Output.warn("outpost: left out: \(path)") }
        guard destination != "-" else { return }
        if global.json { try Output.print(copied.json) }
    }
}

/// What was copied.
struct Transfer: Equatable {
    var source: String
    var destination: String
    /// Files, folders and links.
    var entries: Int
    /// Bytes that were sent or received.
    var bytes: Int64
    var leftOut: [String] = []

    var json: JSONValue {
        [
            "source": .string(source), "destination": .string(destination), "entries": .integer(Int64(entries)),
            "bytes": .integer(bytes), "left_out": .array(leftOut.map { .string($0) }),
        ]
    }
}

extension OutpostClient {
    /// Returns the headers of a file in a sandbox; nil for a folder or another kind that has no bytes.
    ///
    /// - Throws: `not_found`.
    func fileHead(_ place: SandboxPath) async throws(OutpostError) -> FileHead? {
        do throws(OutpostError) {
            return try await fileHead(place.path, in: place.sandbox)
        } catch {
            guard error.code == .conflict, (error.cause as? AnsweredCall)?.status == 409 else { throw error }
            // An ephemeral sandbox has the same status. The next call tells the reason.
            return nil
        }
    }
}
