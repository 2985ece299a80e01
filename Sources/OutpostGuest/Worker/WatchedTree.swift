// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The watched folders of one request. It translates the kernel's events, which have numbers of folders, to changes with paths
/// below the root folder.
struct WatchedTree {
    private let root: String
    private let watch: FolderWatch
    private let isRecursive: Bool
    /// The number of the root.
    private let first: Int32
    /// The paths of the folders below the root, with a slash at the end. The root's own path is empty.
    private var folders: [Int32: [UInt8]] = [:]
    /// Whether the root was deleted or moved.
    private(set) var isGone = false

    /// The most folders of one request.
    static let most = 8192

    init(_ root: String, _ watch: FolderWatch, isRecursive: Bool) throws(SystemError) {
        self.root = root
        self.watch = watch
        self.isRecursive = isRecursive
        first = try watch.add(Array(root.utf8), followsLink: true)
        folders[first] = []
        if isRecursive { _ = try addFolders(in: Folder(root), at: []) }
    }

    /// Watches all folders below a folder.
    ///
    /// - Returns: the paths of all entries below it.
    private mutating func addFolders(in folder: Folder, at prefix: [UInt8]) throws(SystemError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var rest = [(folder, prefix)]
        while let (folder, prefix) = rest.popLast() {
            while let name = try folder.next() {
                let path = prefix + name
                found.append(path)
                // The entry may have been removed meanwhile.
                guard let details = try? folder.details(of: name), details.kind == .directory,
                    try add(path + [UInt8(ascii: "/")]), let below = try? Folder(name, in: folder)
                else { continue }
                rest.append((below, path + [UInt8(ascii: "/")]))
            }
        }
        return found
    }

    /// Watches one folder.
    ///
    /// - Returns: false when the folder is missing or cannot be read.
    /// - Throws: `SystemError`: ENOSPC at a limit of watches.
    private mutating func add(_ path: [UInt8]) throws(SystemError) -> Bool {
        guard folders.count < Self.most else { throw SystemError("watch", path: root, number: SystemError.noSpace) }
        do throws(SystemError) {
            folders[try watch.add(Array("\(root)/".utf8) + path)] = path
            return true
        } catch {
            guard error.number != SystemError.noSpace else { throw error }
            return false
        }
    }

    /// Returns the changes that the events describe, and updates the watched folders.
    mutating func changes(_ events: [FolderWatch.Event]) -> [FolderChange] {
        var changes: [FolderChange] = []
        var index = 0
        while index < events.count {
            let event = events[index]
            index += 1
            if event.kind == .movedFrom, index < events.count, events[index].kind == .movedTo,
                events[index].cookie == event.cookie
            {
                changes += move(event, to: events[index])
                index += 1
            } else {
                changes += self.changes(event)
            }
        }
        return changes
    }

    private mutating func changes(_ event: FolderWatch.Event) -> [FolderChange] {
        if event.kind == .overflow { return [FolderChange(.overflow)] }
        guard let folder = folders[event.folder] else { return [] }
        let path = folder + event.name
        switch event.kind {
        case .created, .movedTo: return [FolderChange(.created, path: path)] + appeared(path, event)
        case .modified: return [FolderChange(.modified, path: path)]
        case .deleted: return [FolderChange(.deleted, path: path)]
        case .movedFrom:
            if event.isFolder { forget(below: path + [UInt8(ascii: "/")]) }
            return [FolderChange(.deleted, path: path)]
        case .gone:
            guard event.folder == first else { return [] }
            isGone = true
            return [FolderChange(.deleted)]
        case .ended:
            folders[event.folder] = nil
            return []
        case .overflow: return []
        }
    }

    /// Watches a new folder. The result includes the entries that were made in it before the watch began.
    private mutating func appeared(_ path: [UInt8], _ event: FolderWatch.Event) -> [FolderChange] {
        guard event.isFolder, isRecursive else { return [] }
        do throws(SystemError) {
            guard try add(path + [UInt8(ascii: "/")]) else { return [] }
            let folder = try folder(at: path)
            return try addFolders(in: folder, at: path + [UInt8(ascii: "/")]).map { FolderChange(.created, path: $0) }
        } catch {
            return [FolderChange(.overflow)]
        }
    }

    /// Opens a folder below the root. Fails for a link.
    private func folder(at path: [UInt8]) throws(SystemError) -> Folder {
        var folder = try Folder(root)
        for name in path.split(separator: UInt8(ascii: "/")) { folder = try Folder(Array(name), in: folder) }
        return folder
    }

    private mutating func move(_ from: FolderWatch.Event, to: FolderWatch.Event) -> [FolderChange] {
        guard let source = folders[from.folder], let target = folders[to.folder] else {
            return changes(from) + changes(to)
        }
        let (previous, path) = (source + from.name, target + to.name)
        if from.isFolder {
            let old = previous + [UInt8(ascii: "/")]
            for (number, folder) in folders where folder.starts(with: old) {
                folders[number] = path + [UInt8(ascii: "/")] + folder.dropFirst(old.count)
            }
        }
        return [FolderChange(.moved, path: path, previous: previous)]
    }

    private mutating func forget(below path: [UInt8]) {
        for (number, folder) in folders where folder.starts(with: path) {
            watch.remove(number)
            folders[number] = nil
        }
    }
}
