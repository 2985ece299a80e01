// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostTesting
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

    /// The agent's ends.
    private struct Agent {
        let socket: MessageSocket
        let events: Descriptor

        func close() {
            socket.descriptor.closeNow()
            events.closeNow()
        }
    }

    /// A channel, the agent's ends of it, and its reports.
    @Reactor private func open(greets: Bool = true) throws -> (AgentChannel, Agent, Reports) {
        let (ours, theirs) = try AgentLink.make()
        if greets { try theirs[1].writeAll(Self.hello) }
        let reports = Reports()
        let channel = try AgentChannel(
            ours, onEvent: { reports.add(.event($0)) }, onEnd: { reports.add(.end($0)) })
        return (channel, Agent(socket: MessageSocket(theirs[0]), events: theirs[1]), reports)
    }

    private static let hello = GuestEvent.hello(Hello(features: [.processes])).frame.encoded

    @Test @Reactor func eventsArriveHoweverTheirBytesAreCutUp() async throws {
        let (channel, agent, reports) = try open()
        let events = [GuestEvent.exited(process: 1, code: 0), .signalled(process: 2, signal: 9)]
        for byte in events.flatMap(\.frame.encoded) { try agent.events.writeAll([byte]) }
        for event in events { #expect(await reports.next() == .event(event)) }
        agent.close()
        #expect(await reports.next() == .end(nil))
        channel.close()
    }

    @Test(
        arguments: [
            [0xff, 0xff, 0xff, 0xff, 34, 1, 0, 0, 0], [0, 0, 0, 0, 34, 1, 0, 0, 0], [0, 0, 0, 0, 99, 0, 0, 0, 0],
            [4, 0, 0, 0, 34, 1, 0, 0, 0, 0, 1, 0, 0], Self.hello,
        ] as [[UInt8]])
    @Reactor func anAgentThatTalksNonsenseIsCutOff(bytes: [UInt8]) async throws {
        let (channel, agent, reports) = try open()
        try agent.events.writeAll(bytes)
        guard case .end(let error) = await reports.next() else { throw WireError("an event came of it") }
        #expect(error != nil)
        _ = try agent.socket.receive(limit: 1000)
        guard case .end = try agent.socket.receive(limit: 1) else { throw WireError("the socket is still open") }
        channel.close()
    }

    /// Host and agent are of one build, or understand each other by chance only.
    @Test(
        arguments: [
            GuestEvent.exited(process: 1, code: 0), .stream(1, .end), .hello(Hello(version: 1, features: [])),
            .hello(Hello(version: 3, features: [.processes])),
        ])
    @Reactor func anAgentThatDoesNotGreetIsCutOff(event: GuestEvent) async throws {
        let (channel, agent, reports) = try open(greets: false)
        try agent.events.writeAll(event.frame.encoded)
        guard case .end(.some) = await reports.next() else { throw WireError("an event came of it") }
        channel.close()
    }

    @Test @Reactor func theHostGreetsFirst() async throws {
        let (channel, agent, _) = try open(greets: false)
        guard case .message(let bytes, let descriptors) = try agent.socket.receive(limit: 1000) else {
            throw WireError("nothing came")
        }
        #expect(
            bytes == GuestRequest.hello(Hello(features: [.attachedStreams, .framedStreams, .terminals])).frame.encoded)
        #expect(descriptors.isEmpty)
        channel.close()
    }

    @Test @Reactor func theAgentCanSendNoDescriptor() async throws {
        let (channel, agent, reports) = try open()
        let pipe = try Descriptor.pipe()
        for _ in 0..<2 {
            let error = #expect(throws: SystemError.self) { try agent.socket.send([1], descriptors: [pipe.write]) }
            #expect(error?.number == SystemError.brokenPipe)
            // Whatever it does with its end, and after the other end has sent something too.
            agent.socket.endSending()
            channel.send(.stage(process: 1, path: "/a", mode: 0o644, part: [5]))
        }
        #expect(throws: SystemError.self) { try MessageSocket(agent.events).send([1], descriptors: [pipe.write]) }
        let event = GuestEvent.exited(process: 1, code: 0)
        try agent.events.writeAll(event.frame.encoded)
        #expect(await reports.next() == .event(event))
        channel.close()
    }

    @Test @Reactor func theProgramThatWaitsCanSendNoDescriptor() async throws {
        let (_, theirs) = try WaitingChannel.make()
        let pipe = try Descriptor.pipe()
        for end in theirs {
            let error = #expect(throws: SystemError.self) {
                try MessageSocket(end).send([1], descriptors: [pipe.write])
            }
            #expect(error?.operation == "sendmsg")
        }
    }

    @Test @Reactor func aLargeRequestGoesOutAsThereIsRoom() async throws {
        let (channel, agent, _) = try open()
        let request = GuestRequest.stage(
            process: 1, path: "/a", mode: 0o644, part: [UInt8](repeating: 5, count: 1 << 19))
        for _ in 0..<3 { channel.send(request) }
        let received = try await BlockingPool.shared.run {
            var decoder = FrameDecoder()
            var requests: [GuestRequest] = []
            while requests.count < 4 {
                guard case .message(let bytes, _) = try agent.socket.receive(limit: 100_000) else { break }
                decoder.append(bytes)
                while let frame = try decoder.next() { requests.append(try GuestRequest(frame)) }
            }
            return requests
        }
        #expect(
            received == [
                .hello(Hello(features: [.attachedStreams, .framedStreams, .terminals])), request, request, request,
            ])
        channel.close()
    }
}
