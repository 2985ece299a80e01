// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// A request that takes more than one step. The methods return the replies to send.
protocol WorkerTask {
    /// The number of the request and of its stream.
    var number: UInt32 { get }
    /// Whether `proceed` can do a part of the task now.
    var canProceed: Bool { get }
    /// Whether the task has ended and can be removed.
    var isOver: Bool { get }

    /// Does a part of the task.
    mutating func proceed() -> [WorkerReply]

    /// Handles a message of the host about the stream.
    ///
    /// - Throws: `WireError` for a message that is invalid in this state.
    mutating func receive(_ message: StreamMessage) throws(WireError) -> [WorkerReply]

    /// Handles an event of one of the task's descriptors.
    mutating func ready(_ kind: Token.Kind, _ epoll: Epoll) throws(SystemError) -> [WorkerReply]

    /// Makes the loop wait for the task's descriptors as needed.
    ///
    /// - Parameter hasRoom: whether data can be sent to the host.
    mutating func listen(_ epoll: Epoll, hasRoom: Bool) throws(SystemError)

    /// Closes the task's descriptors after its end.
    func end(_ epoll: Epoll)
}

/// A task whose stream has no bytes. The host can only cancel it.
protocol SilentTask: WorkerTask {
    /// Ends the task and removes a partial result.
    mutating func cancel()
}

extension SilentTask {
    mutating func receive(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        guard case .reset = message else { throw WireError("bytes or credit for a stream without bytes") }
        cancel()
        return []
    }
}

extension WorkerTask {
    mutating func ready(_ kind: Token.Kind, _ epoll: Epoll) -> [WorkerReply] { [] }
    mutating func listen(_ epoll: Epoll, hasRoom: Bool) {}
    func end(_ epoll: Epoll) {}
}

/// The result of the first step of a request.
enum WorkerBeginning {
    /// The request is done.
    case done(FileInformation?)
    /// The request continues as a task. The replies are sent first.
    case task(any WorkerTask, [WorkerReply] = [])
}

extension WorkerOperation {
    /// Does the first step of the request `number`.
    ///
    /// - Parameter pipe: takes the bytes of a large file; nil when the host sent none.
    /// - Throws: `SystemError`. The request has ended then, and nothing is left.
    func begin(_ number: UInt32, pipe: Descriptor? = nil) throws(SystemError) -> WorkerBeginning {
        switch self {
        case .read(let path, let offset, let length, let window, _):
            let file = try OpenedFile(number, path, offset: offset, length: length)
            let begun = [WorkerReply.begun(number, file.details)]
            guard let pipe, file.details.size >= Self.leastPiped else {
                return .task(FileReading(file, window: window), begun)
            }
            return .task(FileSending(file, to: pipe), begun)
        case .write(let path, let mode, let modified, let options):
            let writing = try FileWriting(
                number, path, mode: mode == Self.keptMode ? nil : mode,
                modified: modified == Self.currentTime ? nil : modified, options)
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
        case .makeLink(let path, let target, let isHard):
            try OutpostLinux.makeLink(path, target: target, isHard: isHard)
            return .done(try FileInformation(path, followsLink: false))
        }
    }

    private func makeFolder(_ path: String, mode: UInt32, makesParents: Bool) throws(SystemError) {
        if makesParents { try makeDirectories(directory(of: path)) }
        if try makeDirectory(path) { return try setMode(path, mode) }
        // Like `mkdir -p`, an existing folder is no error with `makesParents`. It keeps its mode.
        guard makesParents, FileInformation(path)?.kind == .directory else {
            throw SystemError("mkdir", path: path, number: SystemError.exists)
        }
    }
}
