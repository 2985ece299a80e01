// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// A connection to a worker before its process is there, with it, and after its end.
@Suite(.reactor)
struct WorkerConnectionTests {
    private static let status = WorkerOperation.status(path: "/a", followsLink: false)

    /// A connection, and how often it became idle and ended.
    @Reactor
    private final class Fixture {
        private(set) var idles = 0
        private(set) var ends = 0
        let worker = FakeWorker()
        private(set) lazy var connection = WorkerConnection {
            [unowned self] in
            idles += 1
        } onEnd: {
            [unowned self] in
            ends += 1
        }

        /// - Parameter isUp: whether the worker is started and has greeted.
        init(isUp: Bool) {
            guard isUp else { return }
            connection.started(worker)
            connection.hear(WorkerConnection.greeting)
        }

        /// The error of a request that has failed.
        func failure(of exchange: WorkerExchange) async -> ErrorCode? {
            do throws(OutpostError) { _ = try await exchange.done() } catch { return error.code }
            return nil
        }
    }

    @Test @Reactor func whatIsAskedBeforeTheStartComesAfterTheHello() {
        let fixture = Fixture(isUp: false)
        let connection = fixture.connection
        _ = connection.begin(Self.status)
        _ = connection.begin(.remove(path: "/b", isRecursive: true))
        #expect(fixture.worker.requests.isEmpty)
        connection.started(fixture.worker)
        #expect(
            fixture.worker.requests == [
                .hello(Hello(features: .workers)), .begin(1, Self.status),
                .begin(2, .remove(path: "/b", isRecursive: true)),
            ])
        _ = connection.begin(Self.status)
        #expect(fixture.worker.requests.last == .begin(3, Self.status))
    }

    @Test @Reactor func aRequestEndsWithItsAnswerAndTheLastMakesItIdle() async throws {
        let fixture = Fixture(isUp: true)
        let connection = fixture.connection
        #expect(connection.isIdle)
        let (first, second) = (connection.begin(Self.status), connection.begin(Self.status))
        #expect(!connection.isIdle)
        connection.hear(.done(2, nil))
        #expect(try await second.done() == nil)
        #expect(fixture.idles == 0)
        connection.hear(.failed(1, errno: SystemError.notFound, detail: ""))
        #expect(await fixture.failure(of: first) == .notFound)
        #expect(fixture.idles == 1 && connection.isIdle && fixture.ends == 0)
    }

    @Test @Reactor func anAnswerIsTakenHoweverItsBytesAreCutUp() async throws {
        let fixture = Fixture(isUp: true)
        let exchange = fixture.connection.begin(Self.status)
        for byte in WorkerReply.done(1, nil).frame.encoded { _ = fixture.connection.took([byte], of: .stdout) }
        #expect(try await exchange.done() == nil)
    }

    @Test @Reactor func anAnswerToARequestThatIsOverChangesNothing() {
        let fixture = Fixture(isUp: true)
        let exchange = fixture.connection.begin(Self.status)
        exchange.cancel()
        #expect(fixture.worker.requests.last == .stream(1, .reset(errno: SystemError.cancelled)))
        #expect(fixture.idles == 1)
        fixture.connection.hear(.done(1, nil), .done(7, nil), .stream(1, .data([1])))
        #expect(fixture.idles == 1 && fixture.ends == 0 && fixture.worker.kills == 0)
    }

    @Test(
        arguments: [
            [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0], [0, 0, 0, 0, 99, 1, 0, 0, 0],
            WorkerConnection.greeting.frame.encoded, WorkerReply.stream(1, .data([1])).frame.encoded,
        ] as [[UInt8]])
    @Reactor func aWorkerThatTalksNonsenseIsKilled(bytes: [UInt8]) async {
        let fixture = Fixture(isUp: true)
        let exchange = fixture.connection.begin(Self.status)
        _ = fixture.connection.took(bytes, of: .stdout)
        #expect(fixture.worker.kills == 1 && fixture.ends == 1)
        #expect(await fixture.failure(of: exchange) == .internal)
        #expect(fixture.idles == 0, "one that has ended starts no timer")
        // What it says after that is not read.
        fixture.connection.hear(.done(1, nil))
        fixture.connection.ended()
        #expect(fixture.worker.kills == 1 && fixture.ends == 1)
    }

    @Test(arguments: [WorkerReply.done(1, nil), .hello(Hello(version: 1, features: .workers))])
    @Reactor func aWorkerThatDoesNotGreetIsKilled(reply: WorkerReply) async {
        let fixture = Fixture(isUp: false)
        fixture.connection.started(fixture.worker)
        let exchange = fixture.connection.begin(Self.status)
        fixture.connection.hear(reply)
        #expect(fixture.worker.kills == 1)
        #expect(await fixture.failure(of: exchange) == .internal)
    }

    @Test @Reactor func whatItSaysToItsStandardErrorIsNobodys() {
        let fixture = Fixture(isUp: true)
        #expect(fixture.connection.took([0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0], of: .stderr))
        #expect(fixture.worker.kills == 0 && fixture.ends == 0)
    }

    @Test @Reactor func everyRequestFailsWithItsWorker() async {
        let fixture = Fixture(isUp: true)
        let exchanges = (0..<3).map { _ in fixture.connection.begin(Self.status) }
        fixture.connection.ended()
        for exchange in exchanges { #expect(await fixture.failure(of: exchange) == .unavailable) }
        #expect(fixture.ends == 1 && fixture.idles == 0 && fixture.connection.isIdle)
    }

    @Test @Reactor func oneThatIsClosedEndsItsInputOnce() async {
        let fixture = Fixture(isUp: true)
        let exchange = fixture.connection.begin(Self.status)
        fixture.connection.close()
        #expect(fixture.worker.isInputClosed && fixture.ends == 1)
        #expect(await fixture.failure(of: exchange) == .unavailable)
        let written = fixture.worker.requests.count
        _ = fixture.connection.begin(Self.status)
        fixture.connection.close()
        fixture.connection.ended()
        #expect(fixture.ends == 1 && fixture.worker.requests.count == written && fixture.worker.kills == 0)
    }

    @Test @Reactor func aWorkerThatComesAfterTheEndIsKilled() async {
        let fixture = Fixture(isUp: false)
        let exchange = fixture.connection.begin(Self.status)
        fixture.connection.close()
        #expect(await fixture.failure(of: exchange) == .unavailable)
        fixture.connection.started(fixture.worker)
        #expect(fixture.worker.kills == 1 && fixture.worker.requests.isEmpty)
    }

    @Test @Reactor func aStartThatFailsSaysWhy() async {
        let fixture = Fixture(isUp: false)
        let exchange = fixture.connection.begin(Self.status)
        fixture.connection.fail(OutpostError(.insufficientStorage, "no room"))
        fixture.connection.fail(OutpostError(.internal, "later"))
        #expect(await fixture.failure(of: exchange) == .insufficientStorage)
        #expect(fixture.ends == 1)
    }
}
