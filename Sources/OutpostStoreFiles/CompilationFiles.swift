// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux
public import OutpostStore

/// Keeps compilations as files `NAMESPACE/KEY` in a directory. A file's modification time is the time of its last use, so
/// the order of use survives a restart.
public actor CompilationFiles: CompilationStore {
    /// Returns the bytes that a namespace may keep.
    public typealias Limit = @Sendable (NamespaceName) -> Int

    /// The end of the name of a file that is still being written.
    private static let draftSuffix = ".new"

    private let directory: String
    private let limit: Limit
    private let clock: WallClock
    private var namespaces: [NamespaceName: CompilationIndex]
    /// Drafts so far. It makes their names unique.
    private var drafts = 0

    /// Opens `directory` and creates it if needed. Loads the files of an earlier server and deletes its drafts.
    ///
    /// - Parameters:
    ///   - clock: gives the time of a use.
    ///   - limit: bytes that a namespace may keep.
    /// - Throws: `internal` when the directory cannot be read.
    public static func open(
        directory: String, clock: @escaping WallClock, limit: @escaping Limit
    ) async throws(OutpostError) -> CompilationFiles {
        do {
            let namespaces = try await BlockingPool.shared.run { try load(directory, limit) }
            return CompilationFiles(directory: directory, clock: clock, limit: limit, namespaces: namespaces)
        } catch {
            throw OutpostError(.internal, "the compiled programs in \(directory) cannot be read", cause: error)
        }
    }

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
                // The limit may be smaller now than when the files were written.
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
            throw OutpostError(.internal, "a compiled program cannot be read", cause: error)
        }
    }

    private static func read(_ file: Descriptor) async throws(OutpostError) -> [UInt8] {
        do {
            return try await BlockingPool.shared.run { try readWholeFile(file) }
        } catch {
            throw OutpostError(.internal, "a compiled program cannot be read", cause: error)
        }
    }

    public func keep(
        _ entry: [UInt8], as key: String, in namespace: NamespaceName
    ) async throws(OutpostError) -> UInt64? {
        var index = namespaces[namespace] ?? CompilationIndex(limit: limit(namespace))
        guard index.canHold(bytes: entry.count) else { return nil }
        let victims = index.makeRoom(bytes: entry.count)
        // The space is reserved before the write, so entries that arrive at the same time stay within the limit together.
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
            throw OutpostError(.internal, "a compiled program cannot be stored", cause: error)
        }
    }

    /// Writes the file without a sync. The reader finds damage of a power loss, and the program is compiled again.
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
            throw OutpostError(.internal, "a compiled program cannot be removed", cause: error)
        }
    }

    private func path(_ key: String, _ namespace: NamespaceName) -> String { "\(directory)/\(namespace)/\(key)" }
}
