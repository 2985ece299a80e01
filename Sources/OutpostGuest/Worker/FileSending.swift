// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// Moves a part of a file to a pipe of the host. The kernel moves the pages, so this process never has the bytes. A full pipe
/// stops it, so it needs no credit.
struct FileSending: WorkerTask {
    let number: UInt32
    private let file: Descriptor
    private let pipe: Descriptor
    private var rest: UInt64
    private var watch: EpollWatch
    private(set) var isOver = false
    let canProceed = false
    /// Whether the kernel can move the bytes. Some file systems cannot do that.
    private var isMovable = true
    /// The bytes of such a file that the pipe had no room for.
    private var kept: ArraySlice<UInt8> = []

    /// Bytes in one call, and calls before other requests have their turn.
    private static let part = 1 << 20
    private static let turn = 8

    init(_ file: OpenedFile, to pipe: Descriptor) {
        number = file.number
        self.file = file.descriptor
        self.pipe = pipe
        rest = file.length
        watch = EpollWatch(pipe, .write, token: Token.token(.output, number))
    }

    mutating func proceed() -> [WorkerReply] { [] }

    mutating func ready(_ kind: Token.Kind, _ epoll: Epoll) throws(SystemError) -> [WorkerReply] {
        guard !isOver else { return [] }
        do throws(SystemError) {
            for _ in 0..<Self.turn {
                guard let count = try send() else { return [] }
                rest -= UInt64(count)
                if count == 0 || rest == 0 { return finish(.stream(number, .end), epoll) }
            }
            return []
        } catch {
            return finish(.failed(number, errno: error.number, detail: "read"), epoll)
        }
    }

    /// Sends a part.
    ///
    /// - Returns: the number of bytes, 0 at the end of the file, or nil when the pipe is full.
    private mutating func send() throws(SystemError) -> Int? {
        let wanted = Int(min(rest, UInt64(Self.part)))
        if wanted == 0 { return 0 }
        if isMovable {
            do throws(SystemError) {
                return try file.move(atMost: wanted, to: pipe)
            } catch {
                // The copy has the same error, if the file cannot be read at all.
                isMovable = false
            }
        }
        if kept.isEmpty { kept = try file.read(atMost: min(wanted, Self.copied))?[...] ?? [] }
        if kept.isEmpty { return 0 }
        guard let count = try pipe.write(kept) else { return nil }
        kept = kept.dropFirst(count)
        return count
    }

    private static let copied = 65_536

    /// Ends the content, and then tells the host why.
    private mutating func finish(_ reply: WorkerReply, _ epoll: Epoll) -> [WorkerReply] {
        isOver = true
        watch.turnOff(epoll)
        pipe.closeNow()
        return [reply]
    }

    mutating func receive(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        guard case .reset = message else { throw WireError("bytes or credit for what goes to a pipe") }
        isOver = true
        return []
    }

    mutating func listen(_ epoll: Epoll, hasRoom: Bool) throws(SystemError) {
        if !isOver { try watch.set(hasRoom, epoll) }
    }

    func end(_ epoll: Epoll) {
        watch.end(epoll)
        pipe.closeNow()
    }
}
