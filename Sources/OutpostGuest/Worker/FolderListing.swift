// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The entries of a folder on their way to the host, and of those below it; in no order but that a folder comes before what
/// is in it. A folder that the user may not read has no entries, and neither has one that no path can name.
struct FolderListing: WorkerTask {
    private struct Level {
        let folder: Folder
        /// Of the folder below the one that is listed, with a slash at its end; empty for that one.
        let prefix: [UInt8]
    }

    let number: UInt32
    let details: FileInformation
    private let depth: Int
    private var levels: [Level]
    private var sending: ItemSending
    /// Bytes of a path that the kernel takes (`PATH_MAX`). A program can make folders deeper than that, one below the other.
    private static let longestPath = 4096

    init(_ number: UInt32, _ path: String, depth: UInt16, window: UInt32) throws(SystemError) {
        self.number = number
        self.depth = Int(min(depth, WorkerOperation.deepest))
        details = try FileInformation(path, followsLink: true)
        levels = [Level(folder: try Folder(path), prefix: [])]
        sending = ItemSending(number, window: window)
    }

    var canGoOn: Bool { sending.wantsMore || sending.canSend }
    var isOver: Bool { sending.isOver }

    mutating func goOn() -> [WorkerReply] {
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
        // What has gone meanwhile is no entry.
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

    mutating func take(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        try sending.take(message)
        return []
    }
}
