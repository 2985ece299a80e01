// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// Sends the changes in a folder to the host, and on request those in the folders below it.
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

    var canProceed: Bool { sending.canSend }
    var isOver: Bool { sending.isOver }

    mutating func proceed() -> [WorkerReply] { sending.send() }

    mutating func ready(_ kind: Token.Kind, _ epoll: Epoll) throws(SystemError) -> [WorkerReply] {
        guard sending.wantsMore else { return [] }
        do throws(SystemError) {
            var events = try watch.read()
            // The second event of a move may not have been read yet.
            if events.last?.kind == .movedFrom { events += try watch.read() }
            for change in tree.changes(events) { sending.append(change) }
            if tree.isGone { sending.complete() }
            return sending.send()
        } catch {
            sending.stop()
            return [.failed(number, errno: error.number, detail: error.path ?? error.operation)]
        }
    }

    mutating func receive(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        try sending.receive(message)
        return []
    }

    /// Makes the loop wait for events if changes can be sent. Until then the kernel queues events, and reports an overflow if
    /// there are too many.
    mutating func listen(_ epoll: Epoll, hasRoom: Bool) throws(SystemError) {
        try listening.set(sending.wantsMore && hasRoom, epoll)
    }

    func end(_ epoll: Epoll) {
        listening.end(epoll)
        watch.descriptor.closeNow()
    }
}
