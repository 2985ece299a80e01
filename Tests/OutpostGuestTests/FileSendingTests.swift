// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostGuest

/// A worker moves the bytes of large files to pipes of the host.
struct FileSendingTests {
    private let epoll: Epoll
    private let pipe: (read: Descriptor, write: Descriptor)

    init() throws {
        epoll = try Epoll()
        pipe = try Descriptor.pipe(nonBlockingRead: true, nonBlockingWrite: true)
    }

    private func withFile(_ size: Int, _ body: (String, [UInt8]) throws -> Void) throws {
        let path = "/tmp/outpost-sending-\(UInt64.random(in: 0...(.max)))"
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try Descriptor.open(path, [.writeOnly, .create], mode: 0o600).writeAll(content)
        defer { try? removeEntry(path) }
        try body(path, content)
    }

    private func sending(_ path: String, from offset: UInt64 = 0, length: UInt64 = .max) throws -> FileSending {
        FileSending(try OpenedFile(1, path, offset: offset, length: length), to: pipe.write)
    }

    /// Runs the task to its end, as the worker's loop does.
    ///
    /// - Returns: the bytes of the pipe, and the replies.
    private func run(_ task: FileSending) throws -> (bytes: [UInt8], replies: [WorkerReply]) {
        var task = task
        var (bytes, replies) = ([UInt8](), [WorkerReply]())
        while !task.isOver {
            try task.listen(epoll, hasRoom: true)
            // A full pipe gives no event until somebody reads.
            if try epoll.wait(milliseconds: 0).isEmpty {
                bytes += try pipe.read.read(atMost: 30_000) ?? []
            } else {
                replies += try task.ready(.output, epoll)
            }
        }
        task.end(epoll)
        while let more = try pipe.read.read(atMost: 50_000), !more.isEmpty { bytes += more }
        return (bytes, replies)
    }

    @Test(arguments: [0, 1, 65_536, 1_000_003])
    func aFileGoesToThePipeAndThenItsEndToTheHost(size: Int) throws {
        try withFile(size) { path, content in
            let (bytes, replies) = try run(try sending(path))
            #expect(bytes == content)
            #expect(replies == [.stream(1, .end)])
            // Nobody has the other end any more.
            #expect(try pipe.read.read(atMost: 1) == [])
        }
    }

    @Test func aPartOfAFileHasItsBytesOnly() throws {
        try withFile(300_000) { path, content in
            let (bytes, replies) = try run(try sending(path, from: 100_001, length: 150_000))
            #expect(bytes == Array(content[100_001..<250_001]))
            #expect(replies == [.stream(1, .end)])
        }
    }

    /// The kernel refuses to move bytes from a file to a file (splice(2)), as it does for file systems that cannot move any.
    @Test func whatTheKernelCannotMoveIsCopied() throws {
        let path = "/tmp/outpost-sending-\(UInt64.random(in: 0...(.max)))"
        defer { try? removeEntry(path) }
        try withFile(200_000) { source, content in
            let target = try Descriptor.open(path, [.writeOnly, .create], mode: 0o600)
            var task = FileSending(try OpenedFile(1, source, offset: 0, length: .max), to: target)
            var replies: [WorkerReply] = []
            while !task.isOver { replies += try task.ready(.output, epoll) }
            #expect(replies == [.stream(1, .end)])
            #expect(try Descriptor.open(path, [.readOnly]).read(atMost: 300_000) == content)
        }
    }

    @Test func aHostThatReadsNoMoreEndsTheTask() throws {
        try withFile(300_000) { path, _ in
            Privileges.surviveBrokenPipes()
            pipe.read.closeNow()
            var task = try sending(path)
            let replies = try task.ready(.output, epoll)
            #expect(replies == [.failed(1, errno: SystemError.brokenPipe, detail: "read")])
            #expect(task.isOver)
        }
    }

    @Test func aResetEndsTheTaskAndCreditIsRefused() throws {
        try withFile(300_000) { path, _ in
            var task = try sending(path)
            #expect(throws: WireError.self) { try task.receive(.credit(1)) }
            #expect(!task.isOver)
            #expect(try task.receive(.reset(errno: SystemError.cancelled)) == [])
            #expect(task.isOver)
        }
    }

    @Test func onlyLargeFilesGoToThePipe() throws {
        for (size, isPiped) in [(Int(WorkerOperation.leastPiped) - 1, false), (Int(WorkerOperation.leastPiped), true)] {
            try withFile(size) { path, _ in
                let operation = WorkerOperation.read(path: path, offset: 0, length: .max, window: 9, hasPipe: true)
                guard case .task(let task, _) = try operation.begin(1, pipe: pipe.write) else {
                    throw WireError("no task")
                }
                #expect((task is FileSending) == isPiped)
            }
        }
    }
}
