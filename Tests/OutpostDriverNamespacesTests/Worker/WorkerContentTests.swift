// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// The bytes of large files come through pipes of their own.
@Suite(.reactor)
struct WorkerContentTests {
    /// The files of a worker whose process is the test's.
    @Reactor
    private final class Fixture {
        private let tasks = TaskOwner()
        let process = FakeWorker()
        private(set) var connection: WorkerConnection?
        private var socket: MessageSocket?
        private var worker: SandboxWorker?
        let threads = BlockingPool(limit: 4, idleMilliseconds: 1000)

        func files(sendsPipes: Bool = true) -> WorkerFiles {
            let worker = SandboxWorker(tasks: tasks, patience: 3_600_000_000_000, sendsPipes: sendsPipes) {
                [unowned self] connection in
                self.connection = connection
                socket = connection.pipes?.takeWorkerEnd().map { MessageSocket($0) }
                return process
            }
            self.worker = worker
            return WorkerFiles(worker, threads)
        }

        /// Waits for the request, and says that the file is there.
        ///
        /// - Returns: the worker's end of the pipe. Nil when there is none.
        func begin(size: UInt64) async throws -> Descriptor? {
            await process.wait { $0.begun > 0 }
            hear(WorkerConnection.greeting, .begun(1, Fixture.file(size)))
            guard case .message(_, let sent)? = try socket?.receive(limit: 1) else { return nil }
            return sent.first
        }

        func hear(_ replies: WorkerReply...) {
            _ = connection?.took(replies.flatMap(\.frame.encoded), of: .stdout)
        }

        static func file(_ size: UInt64) -> FileInformation {
            FileInformation(kind: .file, mode: 0o644, uid: 1, gid: 1, size: size, modified: 0, changed: 0, number: 1)
        }

        func close() async {
            if let connection { process.end(connection) }
            await tasks.wait()
        }

        var hasPipe: Bool? {
            for request in process.requests {
                if case .begin(_, .read(_, _, _, _, let hasPipe)) = request { return hasPipe }
            }
            return nil
        }
    }

    private static let size: UInt64 = 1 << 20

    /// Opens a large file.
    ///
    /// - Returns: the reader, and the worker's end of the pipe.
    @Reactor private static func opened(
        _ fixture: Fixture
    ) async throws -> (content: any ByteSource, pipe: Descriptor) {
        let files = fixture.files()
        async let content = files.read("/a", from: 0, count: .max)
        let pipe = try #require(try await fixture.begin(size: size))
        let opened = try await content
        return (opened.bytes, pipe)
    }

    /// Reads to the end.
    ///
    /// - Returns: the bytes, and the error if there was one.
    private static func rest(of stream: any ByteSource) async -> (bytes: [UInt8], error: ErrorCode?) {
        var bytes: [UInt8] = []
        do throws(OutpostError) {
            while let part = try await stream.next() { bytes += part }
            return (bytes, nil)
        } catch {
            return (bytes, error.code)
        }
    }

    @Test @Reactor func aLargeFileComesThroughThePipe() async throws {
        let fixture = Fixture()
        let (content, pipe) = try await Self.opened(fixture)
        #expect(try pipe.write([1, 2, 3]) == 3)
        #expect(try await content.next() == [1, 2, 3])
        async let second = content.next()
        #expect(try pipe.write([4]) == 1)
        #expect(try await second == [4])
        async let last = content.next()
        pipe.closeNow()
        fixture.hear(.stream(1, .end))
        #expect(try await last == nil)
        await fixture.close()
    }

    @Test @Reactor func anErrorInTheMiddleComesAfterTheBytesBeforeIt() async throws {
        let fixture = Fixture()
        let (content, pipe) = try await Self.opened(fixture)
        #expect(try pipe.write([1, 2, 3]) == 3)
        pipe.closeNow()
        fixture.hear(.failed(1, errno: SystemError.ioError, detail: "read"))
        let (bytes, error) = await Self.rest(of: content)
        #expect(bytes == [1, 2, 3])
        #expect(error == .internal)
        await fixture.close()
    }

    @Test @Reactor func theEndOfThePipeAloneIsNoEndOfTheFile() async throws {
        let fixture = Fixture()
        let (content, pipe) = try await Self.opened(fixture)
        pipe.closeNow()
        async let outcome = Self.rest(of: content)
        await fixture.close()
        let (bytes, error) = await outcome
        #expect(bytes.isEmpty)
        #expect(error == .unavailable)
    }

    @Test @Reactor func aReaderOfAnEmptyPipeHearsTheEndOfTheWorker() async throws {
        let fixture = Fixture()
        let (content, pipe) = try await Self.opened(fixture)
        async let outcome = Self.rest(of: content)
        await fixture.close()
        #expect(await outcome.error == .unavailable)
        // It was open all the time.
        pipe.closeNow()
    }

    @Test @Reactor func aCancelledReaderEndsTheRequestAndThePipe() async throws {
        let fixture = Fixture()
        let pipe = try await {
            let (content, pipe) = try await Self.opened(fixture)
            let reading = Task { try await content.next() }
            reading.cancel()
            await #expect(throws: OutpostError.self) { try await reading.value }
            return pipe
        }()
        await fixture.process.wait { $0.requests.last == .stream(1, .reset(errno: SystemError.cancelled)) }
        // The kernel tells a writer when nobody reads any more.
        while try !poll([PollEntry(pipe.number, read: false)], milliseconds: -1)[0].isClosed {}
        await fixture.close()
    }

    @Test @Reactor func bytesInFramesToo() async throws {
        let fixture = Fixture()
        let (content, pipe) = try await Self.opened(fixture)
        fixture.hear(.stream(1, .data([1])))
        pipe.closeNow()
        #expect(await Self.rest(of: content).error == .internal)
        await fixture.close()
    }

    @Test @Reactor func aSmallFileComesInFrames() async throws {
        let fixture = Fixture()
        let files = fixture.files()
        async let content = files.read("/a", from: 0, count: .max)
        _ = try await fixture.begin(size: 3)
        fixture.hear(.stream(1, .data([1, 2, 3])), .stream(1, .end))
        let opened = try await content
        let (bytes, error) = await Self.rest(of: opened.bytes)
        #expect(bytes == [1, 2, 3] && error == nil)
        await fixture.close()
    }

    @Test @Reactor func aWorkerWithoutDescriptorsSendsFrames() async throws {
        let fixture = Fixture()
        let files = fixture.files(sendsPipes: false)
        async let content = files.read("/a", from: 0, count: .max)
        #expect(try await fixture.begin(size: Self.size) == nil)
        #expect(fixture.hasPipe == false)
        fixture.hear(.stream(1, .data([1, 2, 3])), .stream(1, .end))
        let opened = try await content
        #expect(await Self.rest(of: opened.bytes).bytes == [1, 2, 3])
        await fixture.close()
    }
}
