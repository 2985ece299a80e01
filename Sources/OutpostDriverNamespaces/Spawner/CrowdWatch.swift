// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Asks the spawner's supervisor to look for crowds of threads while a start, or a request to the spawner, takes long.
@Reactor
final class CrowdWatch {
    private let socket: MessageSocket
    /// The message: the name of this server's cgroups.
    private let request: [UInt8]
    private let onReport: @Sendable (CrowdReport) -> Void
    /// When each wait began, by its number.
    private var waits: [Int: UInt64] = [:]
    private var last = 0
    private var reading: Reactor.Watch?
    private var isTimed = false

    /// A start takes 2 to 20 ms on an idle host.
    nonisolated private static let long: UInt64 = 50_000_000

    nonisolated init(_ socket: MessageSocket, base: String, onReport: @escaping @Sendable (CrowdReport) -> Void) {
        self.socket = socket
        request = Array(base.utf8)
        self.onReport = onReport
    }

    /// Starts to receive the reports.
    ///
    /// - Throws: `SystemError`.
    func open() throws(SystemError) {
        try socket.descriptor.setNonBlocking()
        reading = try Reactor.watch(socket.descriptor, for: .read) { [weak self] in self?.receive() }
    }

    /// Begins a wait.
    ///
    /// - Returns: its number for `end`.
    func begin() -> Int {
        last += 1
        waits[last] = monotonicNanoseconds()
        time()
        return last
    }

    /// Ends a wait.
    func end(_ number: Int) { waits[number] = nil }

    /// Looks again after a while, as long as anything waits.
    private func time() {
        guard !isTimed, !waits.isEmpty else { return }
        isTimed = true
        _ = Reactor.schedule(afterNanoseconds: Self.long) { [weak self] in
            guard let self else { return }
            isTimed = false
            let now = monotonicNanoseconds()
            if waits.values.contains(where: { now - $0 >= Self.long }) { ask() }
            time()
        }
    }

    /// Sends the request. A full socket has one already.
    private func ask() { if reading != nil { _ = try? socket.send(request[...]) } }

    private func receive() {
        do {
            while true {
                switch try socket.receive(limit: 4096) {
                case .nothing: return
                case .end: return close()
                case .message(let bytes, _): onReport(try CrowdReport(bytes))
                }
            }
        } catch {
            close()
        }
    }

    private func close() {
        if let reading { Reactor.end(reading) }
        reading = nil
    }
}

extension CrowdReport {
    /// The report for the operator's log.
    var sentence: String {
        switch self {
        case .stopped(let tenant, let threads, let place, let milliseconds):
            "\(threads) threads of the namespace \(tenant) crowded a lock of the kernel (\(place)), for which starts had to "
                + "wait; their runs are frozen for \(milliseconds) ms"
        case .failed(let reason): "crowds of threads at the kernel's locks cannot be looked for: \(reason)"
        }
    }
}
