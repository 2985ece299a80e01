// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import Crypto
import OutpostCore
import OutpostTar

/// One file of the dashboard, compressed with gzip.
struct DashboardFile: Sendable {
    let content: [UInt8]
    /// The media type.
    let type: String
    /// Changes with the content, for `ETag`.
    let tag: String

    init(name: String, content: [UInt8]) {
        self.content = content
        type = Self.types[name.split(separator: ".").last ?? ""] ?? "application/octet-stream"
        tag = "\"" + hexadecimal(Array(SHA256.hash(data: content)).prefix(16)) + "\""
    }

    private static let types: [Substring: String] = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    ]
}

/// The files of the dashboard by their names.
struct DashboardFiles: Sendable {
    private var files: [String: DashboardFile] = [:]

    /// Whether the binary was built without them.
    var isEmpty: Bool { files.isEmpty }

    /// The files that are embedded in this binary.
    ///
    /// - Throws: `internal` when they cannot be read, which is a mistake of the build.
    static func embedded() throws(OutpostError) -> DashboardFiles {
        let archive = UnsafeRawBufferPointer(start: outpost_dashboard.start, count: outpost_dashboard.size)
        do throws(TarError) {
            return try DashboardFiles(archive: Array(archive))
        } catch {
            throw OutpostError(.internal, "the embedded dashboard cannot be read", cause: error)
        }
    }

    /// Reads the files from a tar archive. An empty archive has none.
    ///
    /// - Throws: an error that names the fault of the archive.
    init(archive: [UInt8]) throws(TarError) {
        var reader = TarReader()
        var rest = archive[...]
        var name = ""
        var content: [UInt8] = []
        while let event = try reader.next(&rest) {
            switch event {
            case .entry(let entry):
                name = String(decoding: entry.path, as: UTF8.self)
                content = []
            case .data(let piece, _): content += piece
            case .endOfEntry: files[name] = DashboardFile(name: name, content: content)
            case .hole, .endOfArchive: break
            }
        }
        _ = try reader.finish()
    }

    subscript(name: String) -> DashboardFile? { files[name] }
}
