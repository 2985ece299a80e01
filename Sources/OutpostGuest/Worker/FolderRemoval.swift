// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Removes a folder and everything in it, without following links.
struct FolderRemoval: SilentTask {
    private struct Level {
        var folder: Folder
        let name: [UInt8]
        /// How often the folder was not empty after the removal of its entries, because a program made new ones.
        var attempts = 0
    }

    let number: UInt32
    private let parent: Folder
    private var levels: [Level]
    private(set) var isOver = false

    init(_ number: UInt32, _ path: String) throws(SystemError) {
        self.number = number
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            throw SystemError("remove", path: path, number: SystemError.invalid)
        }
        let name = Array(bytes[(slash + 1)...])
        parent = try Folder(String(decoding: bytes[...slash], as: UTF8.self))
        levels = [Level(folder: try Folder(name, in: parent), name: name)]
    }

    var canProceed: Bool { !isOver }

    /// The most entries to remove before other tasks continue.
    private static let part = 64
    private static let mostAttempts = 16

    mutating func proceed() -> [WorkerReply] {
        do throws(SystemError) {
            for _ in 0..<Self.part {
                guard let level = levels.last else {
                    isOver = true
                    return [.done(number, nil)]
                }
                if let name = try level.folder.next() { try remove(name, in: level.folder) } else { try leave() }
            }
            return []
        } catch {
            isOver = true
            return [.failed(number, errno: error.number, detail: error.path ?? error.operation)]
        }
    }

    private mutating func remove(_ name: [UInt8], in folder: Folder) throws(SystemError) {
        do throws(SystemError) {
            guard try folder.details(of: name).kind == .directory else {
                return try folder.remove(name, isFolder: false)
            }
            levels.append(Level(folder: try Folder(name, in: folder), name: name))
        } catch {
            // Another process has removed it.
            guard error.number == SystemError.notFound else { throw error }
        }
    }

    /// Removes the current folder, which should be empty now.
    private mutating func leave() throws(SystemError) {
        let level = levels.removeLast()
        let above = levels.last?.folder ?? parent
        do throws(SystemError) {
            try above.remove(level.name, isFolder: true)
        } catch {
            if error.number == SystemError.notFound { return }
            guard error.number == SystemError.notEmpty, level.attempts < Self.mostAttempts else { throw error }
            levels.append(
                Level(folder: try Folder(level.name, in: above), name: level.name, attempts: level.attempts + 1))
        }
    }

    mutating func cancel() {
        isOver = true
    }
}
