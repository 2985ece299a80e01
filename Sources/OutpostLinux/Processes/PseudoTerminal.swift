// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// Both ends of a pseudo-terminal in the devpts of this mount namespace (pts(4)).
public struct PseudoTerminal: Sendable {
    /// The end that the agent reads and writes. It does not block.
    public let host: Descriptor
    /// The end for the program's standard streams.
    public let program: Descriptor

    /// Makes a terminal that `uid` and `gid` own. The kernel makes the opening thread the owner, so this thread takes their
    /// file system ids during the call (setfsuid(2)).
    ///
    /// - Throws: `SystemError`: ENOSPC at the limit of terminals. Nothing is left then.
    public init(uid: UInt32, gid: UInt32, rows: UInt16, columns: UInt16) throws(SystemError) {
        outpost_file_ids(uid, gid)
        defer { outpost_file_ids(geteuid(), getegid()) }
        host = try Descriptor.open("/dev/ptmx", [.readWrite, .noControllingTerminal])
        try host.setNonBlocking()
        var isLocked: Int32 = 0
        try Self.control(host, Self.setLock, &isLocked)
        var number: UInt32 = 0
        try Self.control(host, Self.getNumber, &number)
        program = try Descriptor.open("/dev/pts/\(number)", [.readWrite, .noControllingTerminal])
        try Self.resize(host, rows: rows, columns: columns)
    }

    /// Sets the size. The kernel sends SIGWINCH to the foreground process group (ioctl_tty(2), TIOCSWINSZ).
    public static func resize(_ terminal: Descriptor, rows: UInt16, columns: UInt16) throws(SystemError) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try control(terminal, UInt(TIOCSWINSZ), &size)
    }

    private static func control<Value>(
        _ terminal: Descriptor, _ request: UInt, _ value: inout Value
    ) throws(SystemError) {
        let result = withUnsafeMutablePointer(to: &value) { pointer in
            capture { () throws(SystemError) in
                try checked("ioctl") { ioctl(terminal.number, request, UnsafeMutableRawPointer(pointer)) }
            }
        }
        _ = try result.get()
    }

    // TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h. Swift does not import them.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
}

/// Makes the standard input the controlling terminal of this session, which must have none.
///
/// - Returns: 0 or an errno.
func performSetControllingTerminal(_ operation: UnsafePointer<outpost_op>) -> Int32 {
    ioctl(0, UInt(TIOCSCTTY), 0) == 0 ? 0 : errno
}

/// Sends a signal to a process or a group with the child's user id. A missing one is no error.
///
/// - Returns: 0 or an errno.
func performSignal(_ operation: UnsafePointer<outpost_op>) -> Int32 {
    let target = Int32(truncatingIfNeeded: operation.pointee.value)
    return kill(target, operation.pointee.fd) == 0 || errno == ESRCH ? 0 : errno
}
