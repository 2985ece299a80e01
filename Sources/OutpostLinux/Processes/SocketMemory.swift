// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The memory that the sockets of a network namespace use, from `/proc/PID/net`. The kernel charges much of it to no cgroup:
/// the queues of netlink sockets, the queues of errors and time stamps, and connections that nobody has accepted.
public enum SocketMemory {
    /// The most bytes in one socket's queues: `net.core.rmem_default` (212,992) for received data and `net.core.optmem_max`
    /// for the rest, rounded up. Sandboxes cannot make a receive buffer larger.
    public static let mostBytesOfOne = 256 << 10

    /// The number of sockets and of connections, also unaccepted ones, which are not sockets yet. A TCP socket counts twice,
    /// because the kernel counts it among the connections too.
    ///
    /// - Parameter process: a process in the namespace.
    /// - Throws: `SystemError` when the process has ended.
    public static func count(seenBy process: Int32) throws(SystemError) -> Int {
        var count = 0
        for line in try readText("/proc/\(process)/net/sockstat").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[0] == "sockets:" || words[0] == "TCP:" else { continue }
            count += Int(words[2]) ?? 0
        }
        if let text = try optionalText("/proc/\(process)/net/sockstat6") {
            for line in text.split(separator: "\n") where line.hasPrefix("TCP6:") {
                count += line.split(separator: " ").last.flatMap { Int($0) } ?? 0
            }
        }
        return count
    }

    /// The bytes in the queues of all sockets. Stops counting above `enough`.
    ///
    /// - Parameter process: a process in the namespace.
    /// - Throws: `SystemError` when the process has ended.
    public static func bytes(seenBy process: Int32, enough: Int) throws(SystemError) -> Int {
        var sum = 0
        for (name, count) in tables where sum <= enough {
            do throws(SystemError) {
                try forEachLine("/proc/\(process)/net/\(name)") { line in
                    sum += count(line.split(separator: UInt8(ascii: " ")))
                    return sum <= enough
                }
            } catch  where error.number == ENOENT && exists("/proc/\(process)") {
                // A kernel without this protocol.
                continue
            }
        }
        return sum
    }

    private typealias Fields = [ArraySlice<UInt8>]

    private static let tables: [(name: String, count: @Sendable (Fields) -> Int)] = [
        ("netlink", netlink), ("udp", datagrams), ("udp6", datagrams), ("tcp", unaccepted), ("tcp6", unaccepted),
    ]

    /// The columns Rmem and Wmem (net/netlink/af_netlink.c, `netlink_native_seq_show`).
    @Sendable private static func netlink(_ fields: Fields) -> Int {
        guard fields.count > 5 else { return 0 }
        return (number(fields[4], radix: 10) ?? 0) + (number(fields[5], radix: 10) ?? 0)
    }

    /// Both queues. The receive queue includes the queue of errors (net/ipv4/udp.c, `udp4_format_sock`).
    @Sendable private static func datagrams(_ fields: Fields) -> Int {
        fields.count > 4 ? queues(fields[4]) : 0
    }

    /// The queues of an unaccepted connection, which has no inode (net/ipv4/tcp_ipv4.c, `get_tcp4_sock`). The memory of other
    /// connections is charged to a cgroup, so it counts as 0.
    @Sendable private static func unaccepted(_ fields: Fields) -> Int {
        guard fields.count > 9, number(fields[9], radix: 10) == 0 else { return 0 }
        return queues(fields[4]) + 4096
    }

    /// Parses `00000000:00000000`, the sizes of the send and the receive queue.
    private static func queues(_ field: ArraySlice<UInt8>) -> Int {
        field.split(separator: UInt8(ascii: ":")).reduce(0) { $0 + (number($1, radix: 16) ?? 0) }
    }

    private static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> Int? {
        Int(String(decoding: digits, as: UTF8.self), radix: radix)
    }

    private static func optionalText(_ path: String) throws(SystemError) -> String? {
        do throws(SystemError) {
            return try readText(path)
        } catch  where error.number == ENOENT {
            return nil
        }
    }
}

/// Calls `body` with each line of a file until `body` returns false. The file can have any size.
private func forEachLine(
    _ path: String, _ body: (ArraySlice<UInt8>) -> Bool
) throws(SystemError) {
    let file = try Descriptor.open(path, .readOnly)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var rest: [UInt8] = []
    while let count = try file.read(into: &buffer), count > 0 {
        rest += buffer[..<count]
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
        for line in rest[..<end].split(separator: UInt8(ascii: "\n")) where !body(line) { return }
        rest.removeSubrange(...end)
    }
}
