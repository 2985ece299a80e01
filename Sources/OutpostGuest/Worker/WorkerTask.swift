// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// A request that takes more than one step.
protocol WorkerTask {
    /// Of the request, and of its stream.
    var number: UInt32 { get }
    /// Whether a part of it can be done now.
    var canGoOn: Bool { get }
    /// Whether it is over, and to be forgotten.
    var isOver: Bool { get }

    /// Does a part of it, when it can go on.
    mutating func goOn() -> [WorkerReply]

    /// Takes what the host says of its stream.
    ///
    /// - Throws: `WireError` when the host says what it must not.
    mutating func take(_ message: StreamMessage) throws(WireError) -> [WorkerReply]

    /// Does what a descriptor of its own is ready for.
    mutating func ready(_ kind: Token.Kind, _ epoll: Epoll) throws(SystemError) -> [WorkerReply]

    /// Has the loop wait for its descriptors, if it has any.
    ///
    /// - Parameter hasRoom: whether there is room for what comes of it.
    mutating func listen(_ epoll: Epoll, hasRoom: Bool) throws(SystemError)

    /// Lets go of what it holds, when it is over.
    func end(_ epoll: Epoll)
}

/// A task whose stream carries no bytes. The host can only cancel it.
protocol SilentTask: WorkerTask {
    /// Stops the task, and removes what is half done.
    mutating func cancel()
}

extension SilentTask {
    mutating func take(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        guard case .reset = message else { throw WireError("bytes or credit for a stream that carries none") }
        cancel()
        return []
    }
}

extension WorkerTask {
    mutating func ready(_ kind: Token.Kind, _ epoll: Epoll) -> [WorkerReply] { [] }
    mutating func listen(_ epoll: Epoll, hasRoom: Bool) {}
    func end(_ epoll: Epoll) {}
}

/// What came of the beginning of a request.
enum WorkerBeginning {
    case done(FileInformation?)
    /// It goes on; the replies are sent first.
    case task(any WorkerTask, [WorkerReply] = [])
}

extension WorkerOperation {
    /// Begins it.
    ///
    /// - Throws: `SystemError`; the request is over then, and nothing is left.
    func begin(_ number: UInt32) throws(SystemError) -> WorkerBeginning {
        switch self {
        case .read(let path, let offset, let length, let window):
            let reading = try FileReading(number, path, offset: offset, length: length, window: window)
            return .task(reading, [.begun(number, reading.details)])
        case .write(let path, let mode, let options):
            let writing = try FileWriting(number, path, mode: mode == Self.keptMode ? nil : mode, options)
            return .task(writing, [.begun(number, nil)])
        case .status(let path, let followsLink): return .done(try FileInformation(path, followsLink: followsLink))
        case .list(let path, let depth, let window):
            let listing = try FolderListing(number, path, depth: depth, window: window)
            return .task(listing, [.begun(number, listing.details)])
        case .makeFolder(let path, let mode, let makesParents):
            try makeFolder(path, mode: mode, makesParents: makesParents)
            return .done(try FileInformation(path, followsLink: true))
        case .move(let source, let target): return try FileMove.begin(number, from: source, to: target)
        case .remove(let path, let isRecursive):
            let kind = try FileInformation(path, followsLink: false).kind
            guard isRecursive, kind == .directory else {
                try removeEntry(path)
                return .done(nil)
            }
            return .task(try FolderRemoval(number, path))
        case .watch(let path, let isRecursive, let window):
            let watching = try FolderWatching(number, path, isRecursive: isRecursive, window: window)
            return .task(watching, [.begun(number, nil)])
        case .connect(let port, let window): return .task(try PortConnection(number, port: port, window: window))
        }
    }

    private func makeFolder(_ path: String, mode: UInt32, makesParents: Bool) throws(SystemError) {
        if let there = FileInformation(path) {
            // As mkdir(1) has it with -p.
            guard makesParents, there.kind == .directory else {
                throw SystemError("mkdir", path: path, number: SystemError.exists)
            }
            return
        }
        if makesParents { try makeDirectories(path) } else { try makeDirectory(path) }
        try setMode(path, mode)
    }
}
