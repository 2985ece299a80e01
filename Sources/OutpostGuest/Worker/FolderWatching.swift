// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// A folder whose changes go to the host, and those of the folders below it when they are wanted.
struct FolderWatching: WorkerTask {
    let number: UInt32
    private let watch: FolderWatch
    private var tree: WatchedTree
    private var sending: ItemSending
    private var listening: EpollWatch

    init(_ number: UInt32, _ path: String, isRecursive: Bool, window: UInt32) throws(SystemError) {
        self.number = number
        watch = try FolderWatch()
        tree = try WatchedTree(path, watch, isRecursive: isRecursive)
        sending = ItemSending(number, window: window)
        listening = EpollWatch(watch.descriptor, .read, token: Token.token(.output, number))
    }

    var canGoOn: Bool { sending.canSend }
    var isOver: Bool { sending.isOver }

    mutating func goOn() -> [WorkerReply] { sending.send() }

    mutating func ready(_ kind: Token.Kind, _ epoll: Epoll) throws(SystemError) -> [WorkerReply] {
        guard sending.wantsMore else { return [] }
        do throws(SystemError) {
            var events = try watch.read()
            // The other half of a move may be on its way.
            if events.last?.kind == .movedFrom { events += try watch.read() }
            for change in tree.take(events) { sending.append(change) }
            if tree.isGone { sending.complete() }
            return sending.send()
        } catch {
            sending.stop()
            return [.failed(number, errno: error.number, detail: error.path ?? error.operation)]
        }
    }

    mutating func take(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        try sending.take(message)
        return []
    }

    /// What is not read stays with the kernel, which keeps so much of it and then says that it was too much.
    mutating func listen(_ epoll: Epoll, hasRoom: Bool) throws(SystemError) {
        try listening.set(sending.wantsMore && hasRoom, epoll)
    }

    func end(_ epoll: Epoll) {
        listening.end(epoll)
        watch.descriptor.closeNow()
    }
}
