// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Synchronization
import Testing

@testable import OutpostDriverNamespaces

@Suite struct SocketWatchTests {
    @Test(arguments: [
        (100, 25, SocketWatch.Shortage.none), (25, 25, .none), (24, 25, .short), (10, 25, .short), (9, 25, .severe),
        (0, 25, .severe), (99, 100, .short), (40, 100, .short), (39, 100, .severe), (0, 0, .none), (0, 1, .severe),
    ]) func memoryIsShortBelowAPart(_ available: Int, _ lowPercent: Int, _ shortage: SocketWatch.Shortage) {
        #expect(SocketWatch.Shortage(available: available, lowPercent: lowPercent) == shortage)
    }

    /// A sandbox is ended for what waits in its sockets when memory is short, for what could wait when it is very short.
    @Test(arguments: [
        (available: 60, allowance: 60_000, isEnded: true), (60, 512 << 20, false), (10, 60_000, true),
        (10, 256 << 10, true), (10, 1 << 40, false), (100, 0, false),
    ]) func whoIsAboveItsAllowanceIsEnded(available: Int, allowance: Int, isEnded: Bool) throws {
        let socket = try FullSocket(bytes: 100_000)
        let (ended, told) = rounds(available, process: getpid(), allowance)
        withExtendedLifetime(socket) {}
        #expect(ended == isEnded)
        #expect(told == isEnded)
    }

    @Test func oneThatHasEndedKeepsNothing() {
        // No process has the greatest number (proc_sys_kernel(5), `pid_max`).
        let (ended, told) = rounds(0, process: .max, 0)
        #expect(!ended && !told)
    }

    @Test func oneThatWasRemovedIsLeftAlone() throws {
        let ended = Mutex(false)
        let watch = SocketWatch(lowPercent: 100) { _, _ in ended.withLock { $0 = true } }
        watch.add(7, .init(process: getpid(), allowance: 0) { ended.withLock { $0 = true } })
        watch.remove(7)
        watch.round(available: 0)
        #expect(!ended.withLock { $0 })
    }

    private func rounds(_ available: Int, process: Int32, _ allowance: Int) -> (ended: Bool, told: Bool) {
        let ended = Mutex(false)
        let told = Mutex(false)
        let watch = SocketWatch(lowPercent: 100) { slot, bytes in
            told.withLock { $0 = slot == 7 && bytes > allowance }
        }
        watch.add(7, .init(process: process, allowance: allowance) { ended.withLock { $0 = true } })
        watch.round(available: available)
        return (ended.withLock { $0 }, told.withLock { $0 })
    }
}

@Suite struct SocketMemoryTests {
    @Test func whatWaitsInASocketIsCounted() throws {
        let socket = try FullSocket(bytes: 120_000)
        #expect(try SocketMemory.bytes(seenBy: getpid(), enough: 1 << 40) >= 120_000)
        #expect(try SocketMemory.count(seenBy: getpid()) >= 1)
        withExtendedLifetime(socket) {}
    }

    @Test func aProcessThatHasEndedIsAnError() {
        #expect(throws: SystemError.self) { try SocketMemory.bytes(seenBy: .max, enough: 0) }
        #expect(throws: SystemError.self) { try SocketMemory.count(seenBy: .max) }
    }
}

/// A datagram socket with something in it that nobody receives.
private final class FullSocket {
    private let number: Int32

    init(bytes: Int) throws {
        number = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                try #require(bind(number, address, size) == 0 && getsockname(number, address, &size) == 0)
                let part = [UInt8](repeating: 0, count: 20_000)
                for _ in 0..<bytes / part.count {
                    try #require(sendto(number, part, part.count, 0, address, size) == part.count)
                }
            }
        }
    }

    deinit { close(number) }
}
