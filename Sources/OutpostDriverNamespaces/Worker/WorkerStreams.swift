// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// A byte stream from and to a worker. The worker sends only what the host reads.
final class WorkerBytes: ByteStream {
    private let exchange: WorkerExchange

    init(_ exchange: WorkerExchange) { self.exchange = exchange }

    deinit { close() }

    func next() async throws(OutpostError) -> [UInt8]? { try await exchange.next() }

    func write(_ bytes: [UInt8]) async throws(OutpostError) { try await exchange.write(bytes) }

    func endWriting() { Reactor.perform { [exchange] in exchange.end() } }

    func close() { Reactor.perform { [exchange] in exchange.cancel() } }
}

/// The bytes of a file from a worker's pipe. The worker stops when the pipe is full.
final class WorkerContent: ByteSource {
    private let exchange: WorkerExchange
    private let pipe: ContentPipe

    init(_ exchange: WorkerExchange, _ pipe: ContentPipe) {
        self.exchange = exchange
        self.pipe = pipe
    }

    deinit { close() }

    func next() async throws(OutpostError) -> [UInt8]? { try await next(as: [UInt8].self) }

    func next<Bytes: FilledBytes>(as kind: Bytes.Type) async throws(OutpostError) -> Bytes? {
        while true {
            let part = await pipe.read(as: kind)
            if part.bytes.byteCount > 0 { return part.bytes }
            guard !part.isLast else {
                // The frames say whether this is the end of the file.
                try await exchange.ended()
                return nil
            }
            try await exchange.waitForContent(in: pipe.end)
        }
    }

    func close() { Reactor.perform { [exchange] in exchange.cancel() } }
}

/// A stream of items from a worker.
@Reactor
final class WorkerItems<Item: StreamItem, Element: Sendable>: PulledStream {
    private let exchange: WorkerExchange
    private var decoder = StreamItemDecoder<Item>()
    private let translate: @Sendable (Item) -> Element

    init(_ exchange: WorkerExchange, translate: @escaping @Sendable (Item) -> Element) {
        self.exchange = exchange
        self.translate = translate
    }

    deinit { Reactor.perform { [exchange] in exchange.cancel() } }

    func next() async throws(OutpostError) -> [Element]? {
        while true {
            guard let bytes = try await exchange.next() else {
                guard decoder.isBetweenItems else { throw Self.broken(WireError("the stream ends in an item")) }
                return nil
            }
            let items: [Item]
            do throws(WireError) { items = try decoder.decode(bytes) } catch { throw Self.broken(error) }
            if !items.isEmpty { return items.map(translate) }
        }
    }

    private static func broken(_ error: WireError) -> OutpostError {
        OutpostError(.internal, "the sandbox's worker sent an invalid message", cause: error)
    }

    nonisolated func close() { Reactor.perform { [exchange] in exchange.cancel() } }
}

/// A file that is written through a worker.
final class WorkerFile: FileWriter {
    private let exchange: WorkerExchange

    init(_ exchange: WorkerExchange) { self.exchange = exchange }

    deinit { cancel() }

    func write(_ bytes: [UInt8]) async throws(OutpostError) { try await exchange.write(bytes) }

    func finish() async throws(OutpostError) -> FileInformation {
        await exchange.end()
        guard let record = try await exchange.done() else {
            throw OutpostError(.internal, "the sandbox's worker sent no information about the file")
        }
        return record
    }

    func cancel() { Reactor.perform { [exchange] in exchange.cancel() } }
}

extension DirectoryEntry {
    init(_ entry: FolderEntry) {
        self.init(
            path: String(decoding: entry.path, as: UTF8.self), information: entry.record,
            target: entry.record.kind == .symlink ? String(decoding: entry.target, as: UTF8.self) : nil)
    }
}

extension DirectoryChange {
    init(_ change: FolderChange) {
        let path = String(decoding: change.path, as: UTF8.self)
        self =
            switch change.kind {
            case .created: .created(path)
            case .modified: .modified(path)
            case .deleted: .deleted(path)
            case .moved: .moved(from: String(decoding: change.previous, as: UTF8.self), to: path)
            case .overflow: .overflow
            }
    }
}
