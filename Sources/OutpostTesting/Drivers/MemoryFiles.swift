// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

/// The files of a sandbox in memory.
@Reactor
final class MemoryFiles: SandboxFiles {
    private let tree: MemoryTree

    init(_ tree: MemoryTree) { self.tree = tree }

    func information(at path: String, followsLink: Bool) throws(OutpostError) -> FileInformation {
        try tree.node(try tree.path(path)).information
    }

    func read(_ path: String, from offset: UInt64, count: UInt64) throws(OutpostError) -> FileContent {
        let node = try tree.node(try tree.path(path))
        guard node.target == nil else { throw OutpostError(fileErrno: SystemError.invalid, path) }
        guard let content = node.content else { throw OutpostError(fileErrno: SystemError.isADirectory, path) }
        let part = content.dropFirst(Int(clamping: offset)).prefix(Int(clamping: count))
        return FileContent(node.information, MemoryStream<[UInt8]>(tree, part.isEmpty ? [] : [Array(part)]))
    }

    func write(_ path: String, options: FileWriteOptions) throws(OutpostError) -> any FileWriter {
        let path = try tree.path(path)
        if options.makesParents { try tree.makeParents(of: path) }
        try tree.checkParent(of: path)
        if let there = tree.nodes[path] {
            if options.isNew { throw OutpostError(fileErrno: SystemError.exists, path) }
            if there.content == nil { throw OutpostError(fileErrno: SystemError.isADirectory, path) }
        }
        return MemoryWriter(
            tree, path, mode: options.mode ?? tree.nodes[path]?.mode ?? 0o644, modified: options.modified ?? 0)
    }

    func list(_ path: String, depth: Int) throws(OutpostError) -> any PulledStream<[DirectoryEntry]> {
        let path = try tree.path(path)
        guard try tree.node(path).content == nil else { throw OutpostError(fileErrno: SystemError.notADirectory, path) }
        let entries = tree.below(path).filter { $0.split(separator: "/").count <= depth }.map { below in
            let node = tree.nodes[path + "/" + below] ?? MemoryNode()
            return DirectoryEntry(path: below, information: node.information, target: node.target)
        }
        return MemoryStream(tree, [entries])
    }

    func makeDirectory(_ path: String, mode: UInt32, makesParents: Bool) throws(OutpostError) {
        let path = try tree.path(path)
        if let there = tree.nodes[path] {
            guard makesParents, there.content == nil else { throw OutpostError(fileErrno: SystemError.exists, path) }
            return
        }
        if makesParents { try tree.makeParents(of: path) }
        try tree.checkParent(of: path)
        tree.set(path, MemoryNode(content: nil, mode: mode))
    }

    func move(_ path: String, to target: String) throws(OutpostError) {
        let (path, target) = (try tree.path(path), try tree.path(target))
        let node = try tree.node(path)
        try tree.checkParent(of: target)
        let below = tree.below(path).map { ($0, tree.nodes[path + "/" + $0]) }
        for (name, _) in below { tree.nodes[path + "/" + name] = nil }
        tree.nodes[path] = nil
        tree.nodes[target] = node
        for (name, node) in below { tree.nodes[target + "/" + name] = node }
        tree.tell(.moved(from: path, to: target))
    }

    func remove(_ path: String, isRecursive: Bool) throws(OutpostError) {
        let path = try tree.path(path)
        _ = try tree.node(path)
        let below = tree.below(path)
        guard isRecursive || below.isEmpty else { throw OutpostError(fileErrno: SystemError.notEmpty, path) }
        for name in below { tree.nodes[path + "/" + name] = nil }
        tree.nodes[path] = nil
        tree.tell(.deleted(path))
    }

    func makeLink(_ path: String, to target: String, isHard: Bool) throws(OutpostError) {
        let path = try tree.path(path)
        try tree.checkParent(of: path)
        guard tree.nodes[path] == nil else { throw OutpostError(fileErrno: SystemError.exists, path) }
        let node = isHard ? try tree.node(target) : MemoryNode(content: [], mode: 0o777, target: target)
        tree.set(path, node)
    }

    func watch(_ path: String, isRecursive: Bool) throws(OutpostError) -> any PulledStream<[DirectoryChange]> {
        let path = try tree.path(path)
        guard try tree.node(path).content == nil else { throw OutpostError(fileErrno: SystemError.notADirectory, path) }
        let stream = MemoryStream<[DirectoryChange]>(tree, [], isOpen: true)
        tree.watchers.append((path, stream))
        return stream
    }
}

/// A file or a symbolic link, which is not followed. A folder has no content.
struct MemoryNode {
    var content: [UInt8]?
    var mode: UInt32 = 0o755
    /// Nanoseconds since 1970.
    var modified: Int64 = 0
    /// The target of a link.
    var target: String?
    /// The number of the file. A file that is written again is another file.
    var number: UInt64 = 0

    var information: FileInformation {
        FileInformation(
            kind: target != nil ? .symlink : content == nil ? .directory : .file, mode: mode, uid: 1000, gid: 1000,
            size: UInt64(content?.count ?? 0), modified: modified, number: number)
    }
}

/// The file tree of a sandbox in memory, by absolute path.
@Reactor
final class MemoryTree {
    var nodes: [String: MemoryNode] = ["/": MemoryNode(), "/workspace": MemoryNode()]
    var watchers: [(path: String, stream: MemoryStream<[DirectoryChange]>)] = []
    private(set) var isUp = true
    private var lastNumber: UInt64 = 0

    nonisolated init() {}

    /// Returns a number that no other file has.
    func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    static let gone = OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1)

    func end() {
        isUp = false
        for watcher in watchers { watcher.stream.close() }
    }

    func path(_ path: String) throws(OutpostError) -> String {
        guard isUp else { throw Self.gone }
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
            throw OutpostError(.invalidRequest, "a path must be absolute and without a zero byte")
        }
        return "/" + path.split(separator: "/").joined(separator: "/")
    }

    func node(_ path: String) throws(OutpostError) -> MemoryNode {
        guard let node = nodes[path] else { throw OutpostError(fileErrno: SystemError.notFound, path) }
        return node
    }

    /// Returns all paths below a folder, sorted.
    func below(_ path: String) -> [String] {
        nodes.keys.filter { $0.utf8.starts(with: (path + "/").utf8) }.map { String($0.dropFirst(path.count + 1)) }
            .sorted()
    }

    private func parent(of path: String) -> String {
        "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    }

    func checkParent(of path: String) throws(OutpostError) {
        guard try node(parent(of: path)).content == nil else {
            throw OutpostError(fileErrno: SystemError.notADirectory, path)
        }
    }

    func makeParents(of path: String) throws(OutpostError) {
        let parent = parent(of: path)
        guard nodes[parent] == nil else { return }
        try makeParents(of: parent)
        set(parent, MemoryNode())
    }

    /// Writes a file of a program.
    func put(_ file: SandboxFile) {
        // This cannot fail while the sandbox lives.
        try? makeParents(of: file.path)
        set(file.path, MemoryNode(content: file.content, mode: file.mode, number: nextNumber()))
    }

    func set(_ path: String, _ node: MemoryNode) {
        let isNew = nodes[path] == nil
        nodes[path] = node
        tell(isNew ? .created(path) : .modified(path))
    }

    /// Reports a change to all watchers, with paths relative to the watched folder.
    func tell(_ change: DirectoryChange) {
        for (path, stream) in watchers {
            func below(_ full: String) -> String? {
                full.utf8.starts(with: (path + "/").utf8) ? String(full.dropFirst(path.count + 1)) : nil
            }
            switch change {
            case .created(let full): if let below = below(full) { stream.add([.created(below)]) }
            case .modified(let full): if let below = below(full) { stream.add([.modified(below)]) }
            case .deleted(let full): if let below = below(full) { stream.add([.deleted(below)]) }
            case .moved(let from, let to):
                if let from = below(from), let to = below(to) { stream.add([.moved(from: from, to: to)]) }
            case .overflow: stream.add([.overflow])
            }
        }
    }
}

/// A stream of parts. An open stream waits for more.
@Reactor
final class MemoryStream<Element: Sendable>: PulledStream {
    private let tree: MemoryTree
    private var parts: [Element]
    private var isOpen: Bool
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ tree: MemoryTree, _ parts: [Element], isOpen: Bool = false) {
        self.tree = tree
        self.parts = parts
        self.isOpen = isOpen
    }

    func add(_ part: Element) {
        parts.append(part)
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    func next() async throws(OutpostError) -> Element? {
        while parts.isEmpty, isOpen { await withCheckedContinuation { waiter = $0 } }
        guard tree.isUp else { throw MemoryTree.gone }
        return parts.isEmpty ? nil : parts.removeFirst()
    }

    nonisolated func close() {
        Reactor.perform {
            self.isOpen = false
            self.wake()
        }
    }
}

/// A file that is being written.
@Reactor
final class MemoryWriter: FileWriter {
    private let tree: MemoryTree
    private let path: String
    private let mode: UInt32
    private let modified: Int64
    private var content: [UInt8] = []

    init(_ tree: MemoryTree, _ path: String, mode: UInt32, modified: Int64) {
        self.tree = tree
        self.path = path
        self.mode = mode
        self.modified = modified
    }

    func write(_ bytes: [UInt8]) throws(OutpostError) {
        guard tree.isUp else { throw MemoryTree.gone }
        content += bytes
    }

    func finish() throws(OutpostError) -> FileInformation {
        guard tree.isUp else { throw MemoryTree.gone }
        let node = MemoryNode(content: content, mode: mode, modified: modified, number: tree.nextNumber())
        tree.set(path, node)
        return node.information
    }

    nonisolated func cancel() {}
}

extension MemoryStream: ByteSource where Element == [UInt8] {}
