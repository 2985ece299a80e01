// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox process logs`.
struct ProcessLogsCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what is kept of a process's output.",
        discussion: """
            The server keeps the last MiB of each stream. The command prints standard output to standard output, and \
            standard error to standard error. With --json, --follow prints one event on each line.
            """)

    @OptionGroup var place: ProcessPlace

    @Flag(name: .shortAndLong, help: "Print new output as it comes, until the process ends.")
    var follow = false

    @Option(help: ArgumentHelp("Only output after this position: `seq` of an earlier answer.", valueName: "seq"))
    var afterSeq = 0

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        guard !follow else { return try await followLog(with: client) }
        let log = try await client.processLog(place.process, in: place.sandbox, after: afterSeq)
        if global.json { return try Output.print(log.json) }
        try Output.write(log.stdout)
        try Output.writeError(log.stderr)
        if log.dropped > 0 { Output.warn("outpost: \(log.dropped) bytes before this are not kept") }
    }

    private func followLog(with client: OutpostClient) async throws {
        let isJSON = global.json
        let process = try await client.followProcess(place.process, in: place.sandbox, after: afterSeq) { event in
            if isJSON { try Output.print(event.json) } else { try event.deliver() }
        }
        if !isJSON, let note = process.endNote { Output.warn("outpost: \(note)") }
    }
}

extension ProcessLogEvent {
    /// Writes the output to the same stream of this process.
    ///
    /// - Throws: `unavailable` when it cannot be written.
    func deliver() throws(OutpostError) {
        switch self {
        case .output(.stdout, let bytes, _): try Output.write(bytes)
        case .output(.stderr, let bytes, _): try Output.writeError(bytes)
        case .dropped(let bytes): Output.warn("outpost: \(bytes) bytes are not kept")
        case .ended: break
        }
    }

    /// The event as one JSON value.
    var json: JSONValue {
        switch self {
        case .dropped(let bytes): ["event": "dropped", "dropped_bytes": .integer(Int64(bytes))]
        case .ended(let process): ["event": "end", "process": process.json]
        case .output(let stream, let bytes, let end):
            if let text = String(validating: bytes, as: UTF8.self) {
                ["event": .string(stream.rawValue), "data": .string(text), "seq": .integer(Int64(end))]
            } else {
                [
                    "event": .string(stream.rawValue), "data_base64": .string(Base64.encode(bytes)),
                    "seq": .integer(Int64(end)),
                ]
            }
        }
    }
}
