// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Synchronization
import Testing

@testable import OutpostServer

/// A watch tells the end of the client's input inside a body once, and no other end.
final class BodyWatchTests {
    private let channel = EmbeddedChannel(handlers: [CutBodyHandler()])
    private let told = Told()

    private final class Told: Sendable {
        let times = Mutex(0)
        var count: Int { times.withLock { $0 } }
    }

    private func watch() -> BodyWatch {
        let watch = BodyWatch(channel) { [told] in told.times.withLock { $0 += 1 } }
        channel.embeddedEventLoop.run()
        return watch
    }

    private func receive(_ part: HTTPRequestPart) throws { try channel.writeInbound(part) }

    private func begin() throws {
        try receive(.head(HTTPRequest(method: .put, scheme: "http", authority: "a", path: "/")))
        try receive(.body(ByteBuffer(bytes: [1])))
    }

    private func endInput() { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }

    @Test func theEndOfTheInputInsideABodyIsToldOnce() throws {
        try begin()
        _ = watch()
        #expect(told.count == 0)
        endInput()
        #expect(told.count == 1)
        channel.pipeline.fireChannelInactive()
        #expect(told.count == 1)
    }

    @Test func aConnectionThatIsCutInsideABodyIsTold() throws {
        try begin()
        _ = watch()
        channel.pipeline.fireChannelInactive()
        #expect(told.count == 1)
    }

    @Test func anEndBeforeTheWatchIsTold() throws {
        try begin()
        endInput()
        _ = watch()
        #expect(told.count == 1)
    }

    @Test func theEndOfTheInputAfterTheBodyIsNotTold() throws {
        try begin()
        try receive(.end(nil))
        _ = watch()
        endInput()
        channel.pipeline.fireChannelInactive()
        #expect(told.count == 0)
    }

    @Test func anEndedWatchTellsNothing() throws {
        try begin()
        let watch = watch()
        watch.end()
        channel.embeddedEventLoop.run()
        endInput()
        #expect(told.count == 0)
    }

    @Test func aClosedConnectionIsToldAtOnce() throws {
        try begin()
        _ = try channel.finish()
        _ = watch()
        #expect(told.count == 1)
    }
}
