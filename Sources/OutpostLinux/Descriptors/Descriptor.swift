// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
public import OutpostCore
import Synchronization

/// A file descriptor with one owner: the last reference closes it, unless it was closed before.
public final class Descriptor: OpenFile {
    public let number: Int32
    private let isOpen = Atomic(true)

    /// Takes over `number`.
    public init(owning number: Int32) { self.number = number }

    deinit { closeNow() }

    /// Closes it while references remain; the number must not be used after that.
    public func closeNow() {
        if isOpen.exchange(false, ordering: .acquiringAndReleasing) { close(number) }
    }

    /// Leaves the number to another owner, who closes it.
    func release() { isOpen.store(false, ordering: .releasing) }

    /// Another number for a file that is open.
    public static func duplicate(of file: any OpenFile) throws(SystemError) -> Descriptor {
        defer { withExtendedLifetime(file) {} }
        return Descriptor(owning: try checked("fcntl") { fcntl(file.number, F_DUPFD_CLOEXEC, 0) })
    }

    /// Opens `path`, always close-on-exec.
    public static func open(
        _ path: String, _ flags: OpenFlags, mode: UInt32 = 0
    ) throws(SystemError) -> Descriptor {
        let flags = flags.rawValue | O_CLOEXEC
        return Descriptor(owning: try checked("open", path: path) { Glibc.open(path, flags, mode) })
    }

    /// Opens `path` beneath `directory`; no component may be a link or leave the directory (openat2(2), Linux 5.6).
    public static func open(
        beneath directory: Descriptor, _ path: String, _ flags: OpenFlags
    ) throws(SystemError) -> Descriptor {
        let resolve: UInt64 = OUTPOST_RESOLVE_BENEATH | OUTPOST_RESOLVE_NO_MAGICLINKS | OUTPOST_RESOLVE_NO_SYMLINKS
        let number = try shim("openat2", path: path) {
            outpost_openat2(directory.number, path, UInt64(UInt32(bitPattern: flags.rawValue)), 0, resolve)
        }
        return Descriptor(owning: number)
    }

    /// A pipe, both ends close-on-exec; the ends that this process keeps can be made non-blocking.
    public static func pipe(
        nonBlockingRead: Bool = false, nonBlockingWrite: Bool = false
    ) throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        try shim("pipe2") { outpost_pipe(&ends) }
        let result = (read: Descriptor(owning: ends[0]), write: Descriptor(owning: ends[1]))
        if nonBlockingRead { try result.read.setNonBlocking() }
        if nonBlockingWrite { try result.write.setNonBlocking() }
        return result
    }

    /// A pipe for a program of another user to read from; the end that is written to does not block. The pipe is this user's,
    /// and the program is "others": it may open its end once more, as /dev/stdin, and not the other end.
    public static func programInput() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        let pipe = try pipe(nonBlockingWrite: true)
        try pipe.read.setMode(0o604)
        return pipe
    }

    /// The same for what a program writes; the end that is read from does not block.
    public static func programOutput() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        let pipe = try pipe(nonBlockingRead: true)
        try pipe.write.setMode(0o602)
        return pipe
    }

    public func setNonBlocking() throws(SystemError) {
        let flags = try checked("fcntl") { fcntl(number, F_GETFL) }
        try checked("fcntl") { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
    }

    // Only GNU programs have these of the C library (asm/fcntl.h, linux/fcntl.h).
    #if arch(arm64)
        private static let direct: Int32 = 0o200000
    #else
        private static let direct: Int32 = 0o40000
    #endif
    private static let setPipeSize: Int32 = 1031

    /// Has a pipe hold one write, and the next wait until that is read: it has one page, and each write has a page of its own
    /// (pipe(2), `O_DIRECT`; fcntl(2), `F_SETPIPE_SZ`). Of the end that is written to; who has got it already writes so too.
    public func holdOneWrite() throws(SystemError) {
        let flags = try checked("fcntl") { fcntl(number, F_GETFL) }
        try checked("fcntl") { fcntl(number, F_SETFL, flags | Self.direct) }
        try checked("fcntl") { fcntl(number, Self.setPipeSize, 4096) }
    }

    /// Sets the permissions of what is open, also of a pipe: `/proc/self/fd` opens that anew, and asks them.
    public func setMode(_ mode: UInt32) throws(SystemError) {
        try checked("fchmod") { fchmod(number, mode) }
    }

    /// Another number for the same open file, not below `least`.
    public func duplicate(notBelow least: Int32 = 0) throws(SystemError) -> Descriptor {
        Descriptor(owning: try checked("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, least) })
    }

    /// Reads once; zero bytes are the end of the file.
    ///
    /// - Returns: the count, or nil when a non-blocking descriptor has nothing yet.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
        do {
            return try checked("read") { Glibc.read(number, buffer.baseAddress, buffer.count) }
        } catch  where error.number == EAGAIN {
            return nil
        }
    }

    /// Reads once into `buffer`, which keeps its size; see `read(into:)`.
    public func read(into buffer: inout [UInt8]) throws(SystemError) -> Int? {
        try buffer.withUnsafeMutableBytes { bytes in capture { () throws(SystemError) in try read(into: bytes) } }.get()
    }

    /// Writes once.
    ///
    /// - Returns: the count, or nil when a non-blocking descriptor has no room.
    public func write(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int? {
        do {
            return try bytes.withUnsafeBytes { buffer in
                capture { () throws(SystemError) in
                    try checked("write") { Glibc.write(number, buffer.baseAddress, buffer.count) }
                }
            }.get()
        } catch  where error.number == EAGAIN {
            return nil
        }
    }

    /// Whether a write would find room now; false for one that is closed. It asks for no lock (fs/pipe.c, `pipe_poll`).
    public var hasRoom: Bool {
        guard isOpen.load(ordering: .acquiring) else { return false }
        // One that cannot be asked takes nothing.
        return (try? poll([PollEntry(number, read: false, write: true)], milliseconds: 0))?.first?.isWritable ?? false
    }

    /// Writes everything to a descriptor that blocks.
    public func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try write(rest) ?? 0) }
    }
}

extension Descriptor {
    /// Returns when what was written, and the file's size, would survive a power loss.
    public func sync() throws(SystemError) { try checked("fsync") { fsync(number) } }

    /// Has the next read of a file begin at this byte.
    public func seek(to offset: UInt64) throws(SystemError) {
        // Beyond what the kernel can count no file has anything.
        try checked("lseek") { lseek(number, off_t(clamping: offset), Int32(SEEK_SET)) }
    }

    /// Cuts a file off after so many bytes.
    public func cut(to size: Int) throws(SystemError) { try checked("ftruncate") { ftruncate(number, off_t(size)) } }

    /// The inode number of what is open.
    public func inode() throws(SystemError) -> UInt64 {
        var status = stat()
        try checked("fstat") { fstat(number, &status) }
        return UInt64(status.st_ino)
    }
}
