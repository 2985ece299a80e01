// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostSpawner

/// What a packet brings, whatever it lacks: the spawner is every tenant's, so no message may end it.
struct SpawnerChannelTests {
    private func channel() throws -> (server: MessageSocket, SpawnerChannel) {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        return (ours, SpawnerChannel(theirs))
    }

    @Test(
        arguments: [
            [], [1, 2, 3], [5, 0, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 0, 255], [5, 0, 0, 0, 0, 0, 0, 0, 4, 1],
        ] as [[UInt8]])
    func aPacketThatIsNoRequestHasNoCallButItsNumber(bytes: [UInt8]) {
        let arrival = SpawnerChannel.arrival(bytes, [])
        #expect(arrival.call == nil)
        #expect(arrival.id == (bytes.count >= 8 ? 5 : 0))
    }

    @Test func aPacketThatIsTooLongIsDroppedAndTheNextOneIsWhole() throws {
        let (server, channel) = try channel()
        _ = try server.send([UInt8](repeating: 7, count: SpawnerRequest.largest + 1)[...])
        _ = try server.send(SpawnerRequest.ping.encoded(id: 9)[...])
        let first = try #require(try channel.receive())
        #expect(first.call == nil && first.id == 0)
        let second = try #require(try channel.receive())
        #expect(second.id == 9 && second.call?.request == .ping)
    }

    @Test func aLaunchWithoutItsDescriptorIsRefusedForThatReason() throws {
        let (server, channel) = try channel()
        let launch = LaunchRequest(
            slot: 1, tenant: "t", storage: .memory(bytes: 1, files: 1), hostname: "h", scratchBytes: 1,
            workingDirectory: "/", owner: 0)
        _ = try server.send(SpawnerRequest.launch(launch).encoded(id: 3)[...])
        let call = try #require(try channel.receive()?.call)
        let error = #expect(throws: SystemError.self) { try call.descriptor() }
        #expect(error?.number == SystemError.tooManyFiles)
    }

    @Test func aRefusalNamesTheCallAndOneWithoutANumberIsNotAnswered() throws {
        let (server, channel) = try channel()
        try channel.refuse(SpawnerReply.greeting, .unreadable)
        try channel.refuse(4, .unreadable)
        guard case .message(let bytes, _) = try server.receive(limit: 65_536) else {
            Issue.record("no answer")
            return
        }
        let (id, reply) = try SpawnerReply.decode(bytes)
        #expect(id == 4)
        #expect(reply == .failed(operation: "read a request", errno: SystemError.invalid))
    }

    @Test func theEndOfTheServerIsTheEnd() throws {
        let (server, channel) = try channel()
        server.descriptor.closeNow()
        #expect(try channel.receive() == nil)
    }
}
