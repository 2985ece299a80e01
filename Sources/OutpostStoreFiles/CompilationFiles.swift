// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux
public import OutpostStore

/// Compilations as files, `NAMESPACE/KEY` below a directory. A file's modification time is its last use, so that the order
/// outlives the server.
public actor CompilationFiles: CompilationStore {
    private let directory: String
    private var namespaces: [NamespaceName: CompilationIndex]
    private var drafts = 0

    /// What a draft's name ends with, until it is whole and gets its entry's.
    private static let draftSuffix = ".new"

    /// Takes up what an earlier server left, and removes what it left unfinished.
    ///
    /// - Parameters:
    ///   - clock: tells what was not used for long.
    ///   - limit: bytes that a namespace may keep.
    /// - Throws: `internal` when the directory cannot be read.
    public static func open(
        directory: String, clock: @escaping WallClock, limit: @escaping Limit
    ) async throws(OutpostError) -> CompilationFiles {
        do {
            let namespaces = try await BlockingPool.shared.run { try load(directory, limit) }
            return CompilationFiles(directory: directory, clock: clock, limit: limit, namespaces: namespaces)
        } catch {
            throw OutpostError(.internal, "the compilations in \(directory) cannot be read", cause: error)
        }
    }

    /// Bytes that a namespace may keep.
    public typealias Limit = @Sendable (NamespaceName) -> Int

    private let limit: Limit
    private let clock: WallClock

    private init(
        directory: String, clock: @escaping WallClock, limit: @escaping Limit,
        namespaces: [NamespaceName: CompilationIndex]
    ) {
        self.clock = clock
        self.directory = directory
        self.limit = limit
        self.namespaces = namespaces
    }

    private static func load(
        _ directory: String, _ limit: Limit
    ) throws(SystemError) -> [NamespaceName: CompilationIndex] {
        try makeDirectories(directory, mode: 0o700)
        var namespaces: [NamespaceName: CompilationIndex] = [:]
        for name in try entries(of: directory) {
            guard let namespace = NamespaceName(name) else { continue }
            var found: [(key: String, stamp: FileStamp)] = []
            for key in try entries(of: "\(directory)/\(name)") {
                let path = "\(directory)/\(name)/\(key)"
                if key.hasSuffix(draftSuffix) {
                    try removeEntry(path)
                } else if let stamp = FileStamp(path) {
                    found.append((key, stamp))
                }
            }
            var index = CompilationIndex(limit: limit(namespace))
            for (key, stamp) in found.sorted(by: { $0.stamp.modifiedAt < $1.stamp.modifiedAt }) {
                // The limit may have been larger.
                let fits = index.canHold(bytes: stamp.size)
                let victims = fits ? index.makeRoom(bytes: stamp.size) : [key]
                for victim in victims { try removeEntry("\(directory)/\(name)/\(victim)") }
                if fits {
                    index.insert(key, bytes: stamp.size, at: Timestamp(milliseconds: stamp.modifiedAt / 1_000_000))
                }
            }
            namespaces[namespace] = index
        }
        return namespaces
    }

    public func entry(_ key: String, in namespace: NamespaceName) async throws(OutpostError) -> CompilationEntry? {
        guard namespaces[namespace]?.use(key, at: clock()) == true else { return nil }
        let path = path(key, namespace)
        do {
            return try await BlockingPool.shared.run {
                let file = try Descriptor.open(path, .readOnly)
                try touchFile(path)
                return CompilationEntry(file: file, stamp: try file.inode()) { () async throws(OutpostError) in
                    try await Self.read(file)
                }
            }
        } catch {
            if let error = error as? SystemError, error.number == SystemError.notFound {
                namespaces[namespace]?.remove(key)
                return nil
            }
            throw OutpostError(.internal, "a compilation cannot be read", cause: error)
        }
    }

    private static func read(_ file: Descriptor) async throws(OutpostError) -> [UInt8] {
        do {
            return try await BlockingPool.shared.run { try readWholeFile(file) }
        } catch {
            throw OutpostError(.internal, "a compilation cannot be read", cause: error)
        }
    }

    public func keep(
        _ entry: [UInt8], as key: String, in namespace: NamespaceName
    ) async throws(OutpostError) -> UInt64? {
        var index = namespaces[namespace] ?? CompilationIndex(limit: limit(namespace))
        guard index.canHold(bytes: entry.count) else { return nil }
        let victims = index.makeRoom(bytes: entry.count)
        // Its room is taken before it is written, so that entries that come together stay within the limit.
        index.reserve(bytes: entry.count)
        namespaces[namespace] = index
        drafts += 1
        let target = path(key, namespace)
        let draft = "\(target)-\(drafts)\(Self.draftSuffix)"
        let gone = victims.map { path($0, namespace) }
        do {
            let stamp = try await BlockingPool.shared.run {
                for path in gone { try removeEntry(path) }
                return try Self.write(entry, draft, target)
            }
            namespaces[namespace]?.release(bytes: entry.count)
            namespaces[namespace]?.insert(key, bytes: entry.count, at: clock())
            return stamp
        } catch {
            namespaces[namespace]?.release(bytes: entry.count)
            throw OutpostError(.internal, "a compilation cannot be kept", cause: error)
        }
    }

    /// Not synced: what a power loss damages is found out when it is read, and compiled again.
    private static func write(_ entry: [UInt8], _ draft: String, _ target: String) throws(SystemError) -> UInt64 {
        try makeDirectories(parent(of: target), mode: 0o700)
        do throws(SystemError) {
            let file = try Descriptor.open(draft, [.writeOnly, .create, .exclusive], mode: 0o600)
            try file.writeAll(entry)
            try touchFile(draft)
            try renameFile(draft, to: target)
            return try file.inode()
        } catch {
            try removeEntry(draft)
            throw error
        }
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    public func remove(_ key: String, in namespace: NamespaceName) async throws(OutpostError) {
        namespaces[namespace]?.remove(key)
        try await remove([path(key, namespace)])
    }

    public func clear(in namespace: NamespaceName) async throws(OutpostError) -> Bool {
        try await clear([namespace], unusedSince: .distantFuture)
    }

    public func clear(unusedSince moment: Timestamp) async throws(OutpostError) -> Bool {
        try await clear(Array(namespaces.keys), unusedSince: moment)
    }

    private func clear(_ names: [NamespaceName], unusedSince moment: Timestamp) async throws(OutpostError) -> Bool {
        var paths: [String] = []
        for namespace in names {
            for key in namespaces[namespace]?.keys(unusedSince: moment) ?? [] {
                paths.append(path(key, namespace))
                namespaces[namespace]?.remove(key)
            }
        }
        try await remove(paths)
        return !paths.isEmpty
    }

    public func usage(of namespace: NamespaceName) -> (used: Int, limit: Int) {
        (namespaces[namespace]?.used ?? 0, limit(namespace))
    }

    private func remove(_ paths: [String]) async throws(OutpostError) {
        do {
            try await BlockingPool.shared.run { for path in paths { try removeEntry(path) } }
        } catch {
            throw OutpostError(.internal, "a compilation cannot be removed", cause: error)
        }
    }

    private func path(_ key: String, _ namespace: NamespaceName) -> String { "\(directory)/\(namespace)/\(key)" }
}
