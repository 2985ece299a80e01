// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The files of a sandbox, through its worker.
@Reactor
final class WorkerFiles: SandboxFiles {
    private let worker: SandboxWorker
    private let threads: BlockingPool

    /// - Parameter threads: run the calls that may wait for the worker.
    init(_ worker: SandboxWorker, _ threads: BlockingPool) {
        self.worker = worker
        self.threads = threads
    }

    private func done(_ operation: WorkerOperation) async throws(OutpostError) -> FileInformation? {
        try await worker.begin(operation).done()
    }

    func information(at path: String, followsLink: Bool) async throws(OutpostError) -> FileInformation {
        let record = try await done(.status(path: try checked(path), followsLink: followsLink))
        return try told(record)
    }

    func read(_ path: String, from offset: UInt64, count: UInt64) async throws(OutpostError) -> FileContent {
        let (exchange, end) = worker.beginReading(try checked(path), from: offset, count: count)
        let pipe = end.map { ContentPipe($0, threads) }
        let record = try told(try await exchange.opened())
        guard let pipe, record.size >= WorkerOperation.leastPiped else {
            return FileContent(record, WorkerBytes(exchange))
        }
        pipe.widen()
        return FileContent(record, WorkerContent(exchange, pipe))
    }

    func write(_ path: String, options: FileWriteOptions) async throws(OutpostError) -> any FileWriter {
        var flags: WorkerOperation.WriteOptions = []
        if options.makesParents { flags.insert(.parents) }
        if options.isNew { flags.insert(.isNew) }
        let exchange = worker.begin(
            .write(
                path: try checked(path), mode: options.mode ?? WorkerOperation.keptMode,
                modified: options.modified ?? WorkerOperation.currentTime, flags))
        _ = try await exchange.opened()
        return WorkerFile(exchange)
    }

    func list(_ path: String, depth: Int) async throws(OutpostError) -> any PulledStream<[DirectoryEntry]> {
        let exchange = worker.begin(
            .list(path: try checked(path), depth: UInt16(clamping: max(1, depth)), window: WorkerExchange.window))
        _ = try await exchange.opened()
        return WorkerItems<FolderEntry, DirectoryEntry>(exchange) { DirectoryEntry($0) }
    }

    func makeDirectory(_ path: String, mode: UInt32, makesParents: Bool) async throws(OutpostError) {
        _ = try await done(.makeFolder(path: try checked(path), mode: mode, makesParents: makesParents))
    }

    func move(_ path: String, to target: String) async throws(OutpostError) {
        _ = try await done(.move(from: try checked(path), to: try checked(target)))
    }

    func remove(_ path: String, isRecursive: Bool) async throws(OutpostError) {
        _ = try await done(.remove(path: try checked(path), isRecursive: isRecursive))
    }

    func makeLink(_ path: String, to target: String, isHard: Bool) async throws(OutpostError) {
        guard !target.isEmpty, !target.utf8.contains(0) else {
            throw OutpostError(.invalidRequest, "the target of a link must not be empty or have a zero byte")
        }
        _ = try await done(.makeLink(path: try checked(path), target: target, isHard: isHard))
    }

    func watch(
        _ path: String, isRecursive: Bool
    ) async throws(OutpostError) -> any PulledStream<[DirectoryChange]> {
        let exchange = worker.begin(
            .watch(path: try checked(path), isRecursive: isRecursive, window: WorkerExchange.window))
        _ = try await exchange.opened()
        return WorkerItems<FolderChange, DirectoryChange>(exchange) { DirectoryChange($0) }
    }

    /// Checks a path: it must be absolute and have no byte 0, which would end it for the kernel. Removes slashes at its
    /// end.
    private func checked(_ path: String) throws(OutpostError) -> String {
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
            throw OutpostError(.invalidRequest, "a path must be absolute and without a zero byte")
        }
        // With a slash at its end the kernel would follow a link.
        let end = path.utf8.lastIndex { $0 != UInt8(ascii: "/") }
        return end.map { String(path[...$0]) } ?? "/"
    }

    private func told(_ record: FileInformation?) throws(OutpostError) -> FileInformation {
        guard let record else {
            throw OutpostError(.internal, "the sandbox's worker sent no information about the file")
        }
        return record
    }
}
