// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Sends the entries of a folder and of the folders below it to the host. The order is undefined, except that a folder comes
/// before its entries. Folders that the user cannot read, or whose path is too long, are sent without entries.
struct FolderListing: WorkerTask {
    private struct Level {
        let folder: Folder
        /// The path of the folder below the listed one, with a slash at its end; empty for the listed folder.
        let prefix: [UInt8]
    }

    let number: UInt32
    let details: FileInformation
    private let depth: Int
    private var levels: [Level]
    private var sending: ItemSending
    /// The longest path of the kernel in bytes (`PATH_MAX`). A program can still make deeper folders, level by level.
    private static let longestPath = 4096

    init(_ number: UInt32, _ path: String, depth: UInt16, window: UInt32) throws(SystemError) {
        self.number = number
        self.depth = Int(min(depth, WorkerOperation.deepest))
        details = try FileInformation(path, followsLink: true)
        levels = [Level(folder: try Folder(path), prefix: [])]
        sending = ItemSending(number, window: window)
    }

    var canProceed: Bool { sending.wantsMore || sending.canSend }
    var isOver: Bool { sending.isOver }

    mutating func proceed() -> [WorkerReply] {
        do throws(SystemError) {
            while sending.wantsMore || !sending.isFull, let level = levels.last {
                guard let name = try level.folder.next() else {
                    levels.removeLast()
                    continue
                }
                add(name, in: level)
            }
        } catch {
            sending.stop()
            return [.failed(number, errno: error.number, detail: "list")]
        }
        if levels.isEmpty { sending.complete() }
        return sending.send()
    }

    private mutating func add(_ name: [UInt8], in level: Level) {
        // The entry may have been removed meanwhile.
        guard let details = try? level.folder.details(of: name) else { return }
        let target = details.kind == .symlink ? (try? level.folder.target(of: name)) ?? [] : []
        sending.append(FolderEntry(path: level.prefix + name, record: details, target: target))
        guard details.kind == .directory, levels.count < depth, level.prefix.count + name.count < Self.longestPath
        else {
            return
        }
        guard let folder = try? Folder(name, in: level.folder) else { return }
        levels.append(Level(folder: folder, prefix: level.prefix + name + [UInt8(ascii: "/")]))
    }

    mutating func receive(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        try sending.receive(message)
        return []
    }
}
