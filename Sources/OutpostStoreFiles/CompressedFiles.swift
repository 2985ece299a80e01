// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Compressed files in one directory. A file is complete, or it is not there.
struct CompressedFiles: Sendable {
    private static let suffix = ".z"
    /// The end of the name of a file that is still being written.
    private static let draftSuffix = ".new"
    /// Bytes. No file is larger: it has at most two streams of a program and two of a compiler, in base64.
    private static let largest = 1 << 32
    /// Bytes of a block of the file system.
    private static let blockSize = 4096
    /// Bytes that are written before they are synced. A sync of the database may have to wait for all data of other files
    /// that is not on the disk yet (ext4 in its mode `data=ordered`).
    private static let pieceBytes = 4 << 20

    private let directory: String

    /// Opens `directory` and creates it if needed. Deletes the drafts of an earlier server.
    ///
    /// - Throws: `internal` when the directory cannot be read.
    static func open(_ directory: String) async throws(OutpostError) -> CompressedFiles {
        try await blocking("the files in \(directory) cannot be read") {
            try makeDirectories(directory, mode: 0o700)
            for name in try entries(of: directory) where name.hasSuffix(draftSuffix) {
                try removeEntry("\(directory)/\(name)")
            }
        }
        return CompressedFiles(directory: directory)
    }

    private static func blocking<Value: Sendable>(
        _ problem: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws(OutpostError) -> Value {
        do {
            return try await BlockingPool.shared.run(body)
        } catch {
            let isFull = (error as? SystemError)?.number == SystemError.noSpace
            throw OutpostError(isFull ? .insufficientStorage : .internal, ErrorText(problem), cause: error)
        }
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)\(Self.suffix)" }

    /// Stores a file, and replaces an earlier one. It survives a power loss when this returns.
    ///
    /// - Parameter limit: bytes that it may take on the disk; nil for no limit.
    /// - Returns: bytes that it takes on the disk; nil when it would take more than `limit`. It is then not stored.
    /// - Throws: `insufficient_storage`, `internal`. Nothing of it is left then.
    func keep(_ content: [UInt8], as name: String, atMost limit: Int? = nil) async throws(OutpostError) -> Int? {
        let target = path(name)
        let folder = directory
        return try await Self.blocking("\(name) cannot be stored") {
            guard let bytes = Deflate.compressed(content) else {
                throw OutpostError(.internal, "\(name) cannot be compressed")
            }
            let size = Self.onDisk(bytes.count)
            guard size <= limit ?? .max else { return nil }
            try Self.write(bytes, to: target, in: folder)
            return size
        }
    }

    private static func write(_ bytes: [UInt8], to target: String, in folder: String) throws(SystemError) {
        let draft = target + draftSuffix
        do throws(SystemError) {
            try removeEntry(draft)
            let file = try Descriptor.open(draft, [.writeOnly, .create, .exclusive], mode: 0o600)
            for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
                try file.writeAll(Array(bytes[start...].prefix(pieceBytes)))
                try file.sync()
            }
            try renameFile(draft, to: target)
            try Descriptor.open(folder, [.readOnly, .directory]).sync()
        } catch {
            try removeEntry(draft)
            throw error
        }
    }

    /// The bytes that a file of `bytes` takes on the disk, in whole blocks.
    private static func onDisk(_ bytes: Int) -> Int { (bytes + blockSize - 1) / blockSize * blockSize }

    /// Returns the bytes of a file before its compression, or nil when there is none.
    func length(of name: String) async throws(OutpostError) -> Int? {
        try await read(name) { file in
            var header = [UInt8](repeating: 0, count: Deflate.headerSize)
            let count = try file.read(into: &header) ?? 0
            return Deflate.originalLength(header.prefix(count)).map { min($0, Self.largest) }
        }
    }

    /// Returns a file, or nil when there is none or it is damaged.
    func content(of name: String) async throws(OutpostError) -> [UInt8]? {
        try await read(name) { Deflate.expanded(try readWholeFile($0), limit: Self.largest) }
    }

    private func read<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable (Descriptor) throws -> Value?
    ) async throws(OutpostError) -> Value? {
        let path = path(name)
        return try await Self.blocking("\(name) cannot be read") {
            do {
                return try body(try Descriptor.open(path, .readOnly))
            } catch let error as SystemError where error.number == SystemError.notFound {
                return nil
            }
        }
    }

    /// Removes files. Ignores names without one.
    func remove(_ names: [String]) async throws(OutpostError) {
        let paths = names.map(path)
        try await Self.blocking("a file cannot be removed") { for path in paths { try removeEntry(path) } }
    }

    /// Returns the bytes that each file takes on the disk.
    func sizes() async throws(OutpostError) -> [String: Int] {
        let folder = directory
        return try await Self.blocking("the files in \(folder) cannot be read") {
            var sizes: [String: Int] = [:]
            for name in try entries(of: folder) where name.hasSuffix(Self.suffix) {
                let size = FileStamp("\(folder)/\(name)").map { Self.onDisk($0.size) }
                sizes[String(name.dropLast(Self.suffix.count))] = size
            }
            return sizes
        }
    }
}
