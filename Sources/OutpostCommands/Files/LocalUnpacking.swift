// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostTar

/// Unpacks an archive from a sandbox into a folder of this machine. The archive is not trusted: no entry leaves the folder or
/// is written through a link, and links that lead out of the folder are left out.
struct LocalUnpacking {
    private let root: LocalFolder
    private var reader = TarReader()
    private var draft: (folder: LocalFolder, file: (name: String, file: LocalFile), name: String, entry: TarEntry)?
    /// The folder of the last entry. Most entries follow one in the same folder.
    private var last: (names: [String], folder: LocalFolder)?
    /// Entries that were unpacked.
    private(set) var entries = 0
    /// Paths that were left out, at most `mostNamed`.
    private(set) var leftOut: [String] = []

    private static let mostNamed = 20

    init(into root: LocalFolder) { self.root = root }

    /// Unpacks the next bytes of the archive.
    ///
    /// - Throws: `invalid_request` when a file cannot be written; `internal` for an archive that this program refuses.
    mutating func take(_ bytes: [UInt8]) throws(OutpostError) {
        var input = bytes[...]
        do {
            while let event = try reader.next(&input) { try handle(event) }
        } catch let error as TarError {
            throw OutpostError(.internal, "the server sent a broken archive: \(error)", cause: error)
        } catch let error as OutpostError {
            throw error
        } catch {
            throw OutpostError(.internal, "the archive cannot be unpacked", cause: error)
        }
    }

    /// Ends the archive.
    ///
    /// - Throws: `unavailable` when it is cut off.
    mutating func finish() throws(OutpostError) {
        do {
            _ = try reader.finish()
        } catch {
            throw OutpostError(.unavailable, "the archive from the server is cut off", cause: error)
        }
    }

    /// Removes the file in progress.
    mutating func cancel() {
        if let draft { draft.folder.remove(draft.file) }
        draft = nil
    }

    private mutating func handle(_ event: TarEvent) throws(OutpostError) {
        switch event {
        case .entry(let entry): try begin(entry)
        case .data(let bytes, _): try draft?.file.file.write(Array(bytes))
        case .hole(_, let count):
            for start in stride(from: 0, to: count, by: 65_536) {
                try draft?.file.file.write([UInt8](repeating: 0, count: Int(min(65_536, count - start))))
            }
        case .endOfEntry:
            if let draft {
                let entry = draft.entry
                try draft.folder.place(draft.file, as: draft.name, mode: entry.mode, modified: entry.modified)
            }
            draft = nil
        case .endOfArchive: break
        }
    }

    private mutating func begin(_ entry: TarEntry) throws(OutpostError) {
        guard let names = ArchiveName.names(entry.path) else {
            throw OutpostError(.internal, "the archive has a path that is not inside of the folder")
        }
        guard let name = names.last else { return }
        let parents = Array(names.dropLast())
        switch entry.kind {
        case .directory: _ = try folder(names)
        case .file:
            let folder = try folder(parents)
            draft = (folder, try folder.draft(), name, entry)
        case .symbolicLink(let target):
            guard let target = String(validating: target, as: UTF8.self), ArchiveName.staysInside(target, of: names)
            else { return leaveOut(names) }
            try folder(parents).link(name, to: target)
        case .hardLink, .characterDevice, .blockDevice, .fifo: return leaveOut(names)
        }
        entries += 1
    }

    private mutating func leaveOut(_ names: [String]) {
        if leftOut.count < Self.mostNamed { leftOut.append(TextTable.printable(names.joined(separator: "/"))) }
    }

    private mutating func folder(_ names: [String]) throws(OutpostError) -> LocalFolder {
        if let last, last.names == names { return last.folder }
        var folder = root
        for name in names { folder = try folder.folder(name) }
        last = (names, folder)
        return folder
    }
}
