// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

/// Bytes and descriptors arrive together, or not at all.
struct MessageSocketTests {
    private func message(_ socket: MessageSocket, limit: Int = 100) throws -> (
        bytes: [UInt8], descriptors: [Descriptor]
    ) {
        guard case .message(let bytes, let descriptors) = try socket.receive(limit: limit) else {
            throw SystemError("receive", number: ENODATA)
        }
        return (bytes, descriptors)
    }

    @Test(arguments: [true, false])
    func aDescriptorArrivesOpenAndClosedAtExec(preservingBoundaries: Bool) throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: preservingBoundaries)
        let pipe = try Descriptor.pipe()
        #expect(try ours.send([1, 2, 3], descriptors: [pipe.write]) == 3)
        pipe.write.closeNow()
        let received = try message(theirs)
        #expect(received.bytes == [1, 2, 3])
        let end = try #require(received.descriptors.first)
        #expect(received.descriptors.count == 1)
        #expect(fcntl(end.number, F_GETFD) & FD_CLOEXEC != 0)
        try end.writeAll([9])
        var buffer: [UInt8] = [0]
        #expect(try pipe.read.read(into: &buffer) == 1)
        #expect(buffer == [9])
    }

    @Test func oneSendIsOneReceiveWhereBoundariesArePreserved() throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        _ = try ours.send([1])
        _ = try ours.send([2, 3])
        #expect(try message(theirs).bytes == [1])
        #expect(try message(theirs).bytes == [2, 3])
    }

    @Test func aMessageThatIsTooLongIsAnErrorAndItsDescriptorsAreClosed() throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        let pipe = try Descriptor.pipe()
        _ = try ours.send([1, 2, 3, 4], descriptors: [pipe.write, pipe.write])
        pipe.write.closeNow()
        let error = #expect(throws: SystemError.self) { try theirs.receive(limit: 3) }
        #expect(error?.number == EMSGSIZE)
        #expect(try isClosed(pipe.read))
        _ = try ours.send([5])
        #expect(try message(theirs).bytes == [5])
    }

    @Test func asManyDescriptorsArriveAsCanBeSentAndNoMore() throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        let null = try Descriptor.open("/dev/null", .readOnly)
        _ = try ours.send([1], descriptors: [Descriptor](repeating: null, count: MessageSocket.mostDescriptors))
        #expect(try message(theirs).descriptors.count == MessageSocket.mostDescriptors)
        let error = #expect(throws: SystemError.self) {
            try ours.send([1], descriptors: [Descriptor](repeating: null, count: MessageSocket.mostDescriptors + 1))
        }
        #expect(error?.number == E2BIG)
    }

    @Test func anEndThatStoppedSendingStillReceives() throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        ours.endSending()
        guard case .end = try theirs.receive(limit: 10) else { throw SystemError("see the end", number: 0) }
        _ = try theirs.send([7])
        #expect(try message(ours).bytes == [7])
    }

    @Test func aSocketThatDoesNotBlockHasNothingYet() throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        try theirs.descriptor.setNonBlocking()
        guard case .nothing = try theirs.receive(limit: 10) else { throw SystemError("see nothing", number: 0) }
        try ours.descriptor.setNonBlocking()
        let much = [UInt8](repeating: 0, count: 1 << 20)
        while try ours.send(much[...]) != nil {}
        #expect(try message(theirs).bytes.count == 100)
    }

    @Test func writingToAnEndThatIsGoneIsAnErrorAndNoSignal() throws {
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        theirs.descriptor.closeNow()
        #expect(try isClosed(ours.descriptor))
        let error = #expect(throws: SystemError.self) { try ours.send([1]) }
        #expect(error?.number == EPIPE)
    }
}
