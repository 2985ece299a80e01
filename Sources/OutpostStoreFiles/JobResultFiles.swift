// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux
public import OutpostStore

/// Keeps each large result of a job as a compressed file with the job's id as its name.
public struct JobResultFiles: JobResultStore {
    private static let suffix = ".z"
    /// The end of the name of a file that is still being written.
    private static let draftSuffix = ".new"
    /// Bytes. No result is larger: it has at most two streams of a program and two of a compiler, in base64.
    private static let largest = 1 << 32
    /// Bytes of a block of the file system.
    private static let blockSize = 4096

    private let directory: String

    /// Opens `directory` and creates it if needed. Deletes the drafts of an earlier server.
    ///
    /// - Throws: `internal` when the directory cannot be read.
    public static func open(directory: String) async throws(OutpostError) -> JobResultFiles {
        try await blocking("the results in \(directory) cannot be read") {
            try makeDirectories(directory, mode: 0o700)
            for name in try entries(of: directory) where name.hasSuffix(draftSuffix) {
                try removeEntry("\(directory)/\(name)")
            }
        }
        return JobResultFiles(directory: directory)
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

    private func path(_ id: JobID) -> String { "\(directory)/\(id)\(Self.suffix)" }

    public func keep(
        _ result: [UInt8], of id: JobID, atMost limit: Int?
    ) async throws(OutpostError) -> Int? {
        let target = path(id)
        let folder = directory
        return try await Self.blocking("a result cannot be stored") {
            guard let bytes = Deflate.compressed(result) else {
                throw OutpostError(.internal, "a result cannot be compressed")
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
            try file.writeAll(bytes)
            try file.sync()
            try renameFile(draft, to: target)
            try Descriptor.open(folder, [.readOnly, .directory]).sync()
        } catch {
            try removeEntry(draft)
            throw error
        }
    }

    /// The bytes that a file of `bytes` takes on the disk, in whole blocks.
    private static func onDisk(_ bytes: Int) -> Int { (bytes + blockSize - 1) / blockSize * blockSize }

    public func length(of id: JobID) async throws(OutpostError) -> Int? {
        let path = path(id)
        return try await Self.blocking("a result cannot be read") {
            do throws(SystemError) {
                var header = [UInt8](repeating: 0, count: Deflate.headerSize)
                let count = try Descriptor.open(path, .readOnly).read(into: &header) ?? 0
                return Deflate.originalLength(header.prefix(count)).map { min($0, Self.largest) }
            } catch {
                guard error.number == SystemError.notFound else { throw error }
                return nil
            }
        }
    }

    public func result(of id: JobID) async throws(OutpostError) -> [UInt8]? {
        let path = path(id)
        return try await Self.blocking("a result cannot be read") {
            do throws(SystemError) {
                return Deflate.expanded(try readWholeFile(try Descriptor.open(path, .readOnly)), limit: Self.largest)
            } catch {
                guard error.number == SystemError.notFound else { throw error }
                return nil
            }
        }
    }

    public func remove(_ ids: [JobID]) async throws(OutpostError) {
        let paths = ids.map(path)
        try await Self.blocking("a result cannot be removed") { for path in paths { try removeEntry(path) } }
    }

    public func all() async throws(OutpostError) -> [JobID: Int] {
        let folder = directory
        return try await Self.blocking("the results in \(folder) cannot be read") {
            var sizes: [JobID: Int] = [:]
            for name in try entries(of: folder) where name.hasSuffix(Self.suffix) {
                guard let id = JobID(String(name.dropLast(Self.suffix.count))) else { continue }
                sizes[id] = FileStamp("\(folder)/\(name)").map { Self.onDisk($0.size) }
            }
            return sizes
        }
    }
}
