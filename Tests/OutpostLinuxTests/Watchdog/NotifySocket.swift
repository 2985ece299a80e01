// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux

/// The socket of a service manager, with an abstract name.
func notifySocket() throws -> (path: String, NotifyReceiver) {
    let name = "outpost-test-\(UInt64.random(in: 0...(.max)))"
    let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    try checked("socket") { number }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = [0] + Array(name.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    try checked("bind") {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, size) }
        }
    }
    return ("@" + name, NotifyReceiver(socket: Descriptor(owning: number)))
}

/// Reads what a service manager was told.
struct NotifyReceiver {
    let socket: Descriptor

    /// All messages that have come.
    func texts() throws -> [String] {
        var result: [String] = []
        var buffer = [UInt8](repeating: 0, count: 256)
        while let count = try socket.read(into: &buffer), count > 0 {
            result.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
        return result
    }
}
