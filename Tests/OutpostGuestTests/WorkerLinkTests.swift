// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostGuest

/// What a worker sends while a file is in its pipe.
struct WorkerLinkTests {
    private let epoll: Epoll
    private let requests: (read: Descriptor, write: Descriptor)
    private let replies: (read: Descriptor, write: Descriptor)

    init() throws {
        epoll = try Epoll()
        requests = try Descriptor.pipe()
        replies = try Descriptor.pipe(nonBlockingRead: true)
    }

    private func withFile(_ size: Int, _ body: (String, [UInt8]) throws -> Void) throws {
        let path = "/tmp/outpost-link-\(UInt64.random(in: 0...(.max)))"
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try Descriptor.open(path, [.writeOnly, .create], mode: 0o600).writeAll(content)
        defer { try? removeEntry(path) }
        try body(path, content)
    }

    /// Reads all that is in the pipe of replies.
    private func received(_ decoder: inout FrameDecoder) throws -> [WorkerReply] {
        while let bytes = try replies.read.read(atMost: 50_000), !bytes.isEmpty { decoder.append(bytes[...]) }
        var received: [WorkerReply] = []
        while let frame = try decoder.next() { received.append(try WorkerReply(frame)) }
        return received
    }

    @Test(arguments: [20_000, 65_536, 1_000_003])
    func aFileAndOtherRepliesComeInOrder(size: Int) throws {
        try withFile(size) { path, content in
            var link = try WorkerLink(requests: requests.read, replies: replies.write, epoll)
            var reading = try FileReading(1, path, offset: 0, length: .max, window: .max)
            var (decoder, taken, others, moved) = (FrameDecoder(), [UInt8](), UInt32(0), 0)
            var asked: [UInt32] = []
            while !reading.isOver || !link.hasRoom {
                if link.hasRoom, let pipe = link.emptyPipe, let count = reading.fill(pipe) {
                    moved += count
                    try link.sendPiped(count, of: 1, epoll)
                } else if link.hasRoom {
                    try link.send(reading.proceed(), epoll)
                }
                // These must not get between a head and its bytes.
                others += 1
                try link.send(.failed(others, errno: 2, detail: "other"), epoll)
                for reply in try received(&decoder) {
                    switch reply {
                    case .stream(1, .data(let bytes)): taken += bytes
                    case .failed(let number, _, _): asked.append(number)
                    default: break
                    }
                }
                try link.flush(epoll)
            }
            #expect(taken == content)
            #expect(moved >= size - 16_384, "the kernel moved \(moved) of \(size) bytes")
            #expect(asked == Array(1...UInt32(asked.count)))
        }
    }

    /// The host may give credit for a few bytes only.
    @Test func aFileIsSentByteByByte() throws {
        try withFile(20_000) { path, content in
            var link = try WorkerLink(requests: requests.read, replies: replies.write, epoll)
            var reading = try FileReading(1, path, offset: 19_990, length: 5, window: 1)
            #expect(link.emptyPipe.flatMap { reading.fill($0) } == nil)
            for position in 19_990..<19_995 {
                #expect(reading.proceed() == [.stream(1, .data([content[position]]))])
                #expect(try reading.receive(.credit(1)) == [])
            }
            #expect(reading.proceed() == [.stream(1, .end)])
            try link.flush(epoll)
        }
    }

    @Test func aFileWithoutASizeIsReadAsBefore() throws {
        var link = try WorkerLink(requests: requests.read, replies: replies.write, epoll)
        var reading = try FileReading(1, "/proc/self/status", offset: 0, length: .max, window: .max)
        #expect(link.emptyPipe.flatMap { reading.fill($0) } == nil)
        guard case .stream(1, .data(let bytes)) = reading.proceed().first else { throw WireError("no data") }
        #expect(!bytes.isEmpty)
        try link.flush(epoll)
    }
}
