// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The folders that are watched, by the kernel's numbers, and what its events mean for paths below the first of them.
struct WatchedTree {
    private let root: String
    private let watch: FolderWatch
    private let isRecursive: Bool
    private let first: Int32
    /// Paths below the root; with a slash at their end but for the root's own.
    private var folders: [Int32: [UInt8]] = [:]
    /// Whether the root itself is there no more.
    private(set) var isGone = false

    /// Folders that one request watches at the most.
    static let most = 8192

    init(_ root: String, _ watch: FolderWatch, isRecursive: Bool) throws(SystemError) {
        self.root = root
        self.watch = watch
        self.isRecursive = isRecursive
        first = try watch.add(root, followsLink: true)
        folders[first] = []
        if isRecursive { _ = try addFolders(in: Folder(root), at: []) }
    }

    /// Watches the folders in a folder.
    ///
    /// - Returns: everything that is there already.
    private mutating func addFolders(in folder: Folder, at prefix: [UInt8]) throws(SystemError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var rest = [(folder, prefix)]
        while let (folder, prefix) = rest.popLast() {
            while let name = try folder.next() {
                let path = prefix + name
                found.append(path)
                // What goes away meanwhile is no folder to watch.
                guard let details = try? folder.details(of: name), details.kind == .directory,
                    try add(path + [UInt8(ascii: "/")]), let below = try? Folder(name, in: folder)
                else { continue }
                rest.append((below, path + [UInt8(ascii: "/")]))
            }
        }
        return found
    }

    /// - Returns: false when it is gone or may not be read.
    private mutating func add(_ path: [UInt8]) throws(SystemError) -> Bool {
        guard folders.count < Self.most else { throw SystemError("watch", path: root, number: SystemError.noSpace) }
        do throws(SystemError) {
            folders[try watch.add(root + "/" + String(decoding: path, as: UTF8.self))] = path
            return true
        } catch {
            guard error.number != SystemError.noSpace else { throw error }
            return false
        }
    }

    /// What has changed.
    mutating func take(_ events: [FolderWatch.Event]) -> [FolderChange] {
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
                changes += take(event)
            }
        }
        return changes
    }

    private mutating func take(_ event: FolderWatch.Event) -> [FolderChange] {
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

    /// A folder is new: what came into it before it was watched is told too.
    private mutating func appeared(_ path: [UInt8], _ event: FolderWatch.Event) -> [FolderChange] {
        guard event.isFolder, isRecursive else { return [] }
        do throws(SystemError) {
            guard try add(path + [UInt8(ascii: "/")]) else { return [] }
            let folder = try Folder(root + "/" + String(decoding: path, as: UTF8.self))
            return try addFolders(in: folder, at: path + [UInt8(ascii: "/")]).map { FolderChange(.created, path: $0) }
        } catch {
            return [FolderChange(.overflow)]
        }
    }

    private mutating func move(_ from: FolderWatch.Event, to: FolderWatch.Event) -> [FolderChange] {
        guard let source = folders[from.folder], let target = folders[to.folder] else { return take(from) + take(to) }
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
