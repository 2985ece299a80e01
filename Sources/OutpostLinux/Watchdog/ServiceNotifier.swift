// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reports the state of this process to its service manager with the protocol of sd_notify(3): datagrams to the Unix socket
/// in `NOTIFY_SOCKET`.
public struct ServiceNotifier: Sendable {
    private let socket: Descriptor

    /// Nil when `path` is nil or the socket cannot be connected.
    public init?(path: String? = Environment()["NOTIFY_SOCKET"]) {
        guard let path, let socket = try? Self.connect(path) else { return nil }
        self.socket = socket
    }

    private static func connect(_ path: String) throws(SystemError) -> Descriptor {
        let number = try checked("socket") {
            Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        }
        let socket = Descriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A name that begins with @ is abstract: its first byte is zero (unix(7)).
        let name = path.hasPrefix("@") ? [0] + Array(path.utf8.dropFirst()) : Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !name.isEmpty, name.count < room else {
            throw SystemError("connect", path: path, number: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size - room + name.count)
        try checked("connect", path: path) {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(socket.number, $0, size) }
            }
        }
        return socket
    }

    /// Reports that the server accepts requests.
    public func isReady() { send("READY=1") }

    /// Reports that the server stops.
    public func isStopping() { send("STOPPING=1") }

    /// Resets the timer of `WatchdogSec=`.
    public func isAlive() { send("WATCHDOG=1") }

    private func send(_ text: String) {
        // A failure means that the manager is gone or does not read. Neither concerns the server.
        _ = text.withCString { Glibc.send(socket.number, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    }
}
