// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// What comes from a sandbox is decoded or ends it, once.
@Suite(.reactor)
struct AgentChannelTests {
    /// What a channel reports.
    private enum Report: Equatable {
        case event(GuestEvent)
        case end(WireError?)
    }

    /// The reports of a channel, in order.
    @Reactor
    private final class Reports {
        private var list: [Report] = []
        private var waiter: CheckedContinuation<Report, Never>?

        func add(_ report: Report) {
            guard let waiter else { return list.append(report) }
            self.waiter = nil
            waiter.resume(returning: report)
        }

        func next() async -> Report {
            if !list.isEmpty { return list.removeFirst() }
            return await withCheckedContinuation { waiter = $0 }
        }
    }

    /// A channel, the agent's end of its socket, and its reports.
    @Reactor private func open() throws -> (AgentChannel, MessageSocket, Reports) {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        let reports = Reports()
        let channel = try AgentChannel(
            ours, onEvent: { reports.add(.event($0)) }, onEnd: { reports.add(.end($0)) })
        return (channel, theirs, reports)
    }

    @Test @Reactor func eventsArriveHoweverTheirBytesAreCutUp() async throws {
        let (channel, agent, reports) = try open()
        let events = [GuestEvent.exited(run: 1, code: 0), .signalled(run: 2, signal: 9)]
        for byte in events.flatMap(\.frame.encoded) { _ = try agent.send([byte]) }
        for event in events { #expect(await reports.next() == .event(event)) }
        agent.descriptor.closeNow()
        #expect(await reports.next() == .end(nil))
        channel.close()
    }

    @Test(
        arguments: [
            [0xff, 0xff, 0xff, 0xff, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 99], [8, 0, 0, 0, 2, 1, 0, 0, 0, 0, 1, 0, 0],
        ] as [[UInt8]])
    @Reactor func anAgentThatTalksNonsenseIsCutOff(bytes: [UInt8]) async throws {
        let (channel, agent, reports) = try open()
        _ = try agent.send(bytes[...])
        guard case .end(let error) = await reports.next() else { throw WireError("an event came of it") }
        #expect(error != nil)
        guard case .end = try agent.receive(limit: 1) else { throw WireError("the socket is still open") }
        channel.close()
    }

    @Test @Reactor func descriptorsThatTheAgentSendsAreClosed() async throws {
        let (channel, agent, reports) = try open()
        let pipe = try Descriptor.pipe()
        let event = GuestEvent.exited(run: 1, code: 0)
        _ = try agent.send(event.frame.encoded[...], descriptors: [pipe.write])
        pipe.write.closeNow()
        #expect(await reports.next() == .event(event))
        let closed = try await BlockingPool.shared.run {
            try poll([PollEntry(pipe.read.number, read: false)], milliseconds: 10_000)[0].isClosed
        }
        #expect(closed)
        channel.close()
    }

    @Test @Reactor func aLargeRequestGoesOutAsThereIsRoom() async throws {
        let (channel, agent, _) = try open()
        let request = GuestRequest.stage(
            run: 1, path: "/a", mode: 0o644, part: [UInt8](repeating: 5, count: 1 << 19))
        for _ in 0..<3 { channel.send(request) }
        let received = try await BlockingPool.shared.run {
            var decoder = FrameDecoder()
            var requests: [GuestRequest] = []
            while requests.count < 3 {
                guard case .message(let bytes, _) = try agent.receive(limit: 100_000) else { break }
                decoder.append(bytes)
                while let frame = try decoder.next() { requests.append(try GuestRequest(frame)) }
            }
            return requests
        }
        #expect(received == [request, request, request])
        channel.close()
    }
}
