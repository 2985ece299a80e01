// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Looks for crowds when the server says that starts wait, and freezes them.
///
/// The spawner cannot do it: it may be the one that waits for the lock.
struct CrowdControl {
    /// The server's requests. Each message is the name of its cgroup base.
    let socket: MessageSocket
    private var search: CrowdSearch<KernelCgroupFiles>?
    private var brake: CrowdBrake<KernelCgroupFiles>?
    /// No search begins before this time.
    private var next: UInt64 = 0
    private(set) var isOpen = true

    private static let digitsAndLetters = Set("0123456789abcdefghijklmnopqrstuvwxyz".utf8)

    /// Between a search that finds nothing and the next one there is this many times as long as it took.
    private static let rest: UInt64 = 20
    private static let longestName = 64

    init(_ socket: MessageSocket) throws(SystemError) {
        self.socket = socket
        try socket.descriptor.setNonBlocking()
    }

    /// Milliseconds until `release` has something to do; -1 when it has not.
    var patience: Int32 { brake?.patience(now: monotonicNanoseconds()) ?? -1 }

    /// Handles the requests. Several that wait are one.
    ///
    /// - Throws: `SystemError`; `WireError` for an invalid name.
    mutating func handle(spawner: Int32) throws {
        var base: String?
        do throws(SystemError) {
            while case .message(let bytes, _) = try receive() { base = String(decoding: bytes, as: UTF8.self) }
        } catch {
            isOpen = false
            throw error
        }
        if let base { try look(base, spawner) }
    }

    private mutating func receive() throws(SystemError) -> MessageSocket.Received {
        let received = try socket.receive(limit: Self.longestName)
        if case .end = received { isOpen = false }
        return received
    }

    private mutating func look(_ base: String, _ spawner: Int32) throws {
        let began = monotonicNanoseconds()
        guard began >= next else { return }
        try open(base)
        let crowds = try search?.crowds(spawner: spawner, suspects: brake?.suspects(now: began) ?? []) ?? []
        for crowd in crowds {
            guard let length = try brake?.stop(crowd, now: monotonicNanoseconds()) else { continue }
            tell(
                .stopped(
                    tenant: crowd.tenant, threads: UInt32(clamping: crowd.threads), place: crowd.place,
                    milliseconds: UInt32(length / 1_000_000)))
        }
        let now = monotonicNanoseconds()
        if crowds.isEmpty { next = now + Self.rest * (now - began) }
    }

    private mutating func open(_ base: String) throws {
        guard search == nil else { return }
        guard !base.isEmpty, base.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || Self.digitsAndLetters.contains($0) })
        else {
            throw WireError("the name of a cgroup base")
        }
        let tree = CgroupTree(layout: try CgroupLayout.detect(), base: base, files: KernelCgroupFiles())
        (search, brake) = (CrowdSearch(tree), CrowdBrake(tree))
    }

    /// Sends a report. A server that does not read its reports misses some.
    func tell(_ report: CrowdReport) { _ = try? socket.send(report.encoded[...]) }

    /// Lets the runs go on whose time is over.
    mutating func release() throws(SystemError) {
        try brake?.release(now: monotonicNanoseconds())
    }
}
