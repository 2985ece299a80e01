// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
public import OutpostCore
import Synchronization

/// An owned file descriptor. The last reference closes it, unless it was closed before.
public final class Descriptor: OpenFile {
    /// The descriptor's number in this process.
    public let number: Int32
    private let isOpen = Atomic(true)

    // Swift's Glibc module lacks these, because the C library declares them only for GNU programs (asm/fcntl.h,
    // linux/fcntl.h).
    #if arch(arm64)
        private static let direct: Int32 = 0o200000
    #else
        private static let direct: Int32 = 0o40000
    #endif
    private static let setPipeSize: Int32 = 1031

    /// Becomes the owner of the open descriptor `number`.
    public init(owning number: Int32) { self.number = number }

    deinit { closeNow() }

    /// Closes the descriptor, even while references remain. Do not use `number` after that. A second call has no effect.
    public func closeNow() {
        if isOpen.exchange(false, ordering: .acquiringAndReleasing) { close(number) }
    }

    /// Gives up ownership. The new owner must close the number.
    func release() { isOpen.store(false, ordering: .releasing) }

    /// Returns a duplicate of an open file's descriptor, close-on-exec (fcntl(2), `F_DUPFD_CLOEXEC`).
    public static func duplicate(of file: any OpenFile) throws(SystemError) -> Descriptor {
        defer { withExtendedLifetime(file) {} }
        return Descriptor(owning: try checked("fcntl") { fcntl(file.number, F_DUPFD_CLOEXEC, 0) })
    }

    /// Opens `path`, always close-on-exec. `mode` has the permissions of a new file, less the umask.
    public static func open(
        _ path: String, _ flags: OpenFlags, mode: UInt32 = 0
    ) throws(SystemError) -> Descriptor {
        let flags = flags.rawValue | O_CLOEXEC
        return Descriptor(owning: try checked("open", path: path) { Glibc.open(path, flags, mode) })
    }

    /// Opens `path` below `directory`. Fails if a component is a symbolic link or leaves the directory (openat2(2), Linux
    /// 5.6).
    public static func open(
        beneath directory: Descriptor, _ path: String, _ flags: OpenFlags
    ) throws(SystemError) -> Descriptor {
        let resolve: UInt64 = OUTPOST_RESOLVE_BENEATH | OUTPOST_RESOLVE_NO_MAGICLINKS | OUTPOST_RESOLVE_NO_SYMLINKS
        let number = try shim("openat2", path: path) {
            outpost_openat2(directory.number, path, UInt64(UInt32(bitPattern: flags.rawValue)), 0, resolve)
        }
        return Descriptor(owning: number)
    }

    /// Makes a pipe. Both ends are close-on-exec, and each can be non-blocking.
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

    /// Makes a pipe for the input of another user's program. The write end does not block. This user owns the pipe, so the
    /// mode's bits for others apply to the program: it can open /dev/stdin again for reading, but not for writing.
    public static func programInput() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        let pipe = try pipe(nonBlockingWrite: true)
        try pipe.read.setMode(0o604)
        return pipe
    }

    /// Makes a pipe for the output of another user's program, which can open it again only for writing. The read end does not
    /// block.
    public static func programOutput() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        let pipe = try pipe(nonBlockingRead: true)
        try pipe.write.setMode(0o602)
        return pipe
    }

    /// Makes reads and writes of the open file non-blocking.
    public func setNonBlocking() throws(SystemError) {
        let flags = try checked("fcntl") { fcntl(number, F_GETFL) }
        try checked("fcntl") { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
    }

    /// Limits a pipe to one unread write: the next write waits until that is read. The pipe gets a buffer of one page, and
    /// each write uses a whole page (pipe(2), `O_DIRECT`; fcntl(2), `F_SETPIPE_SZ`). Call it on the write end; it also applies
    /// to duplicates of that end.
    public func holdOneWrite() throws(SystemError) {
        let flags = try checked("fcntl") { fcntl(number, F_GETFL) }
        try checked("fcntl") { fcntl(number, F_SETFL, flags | Self.direct) }
        try checked("fcntl") { fcntl(number, Self.setPipeSize, 4096) }
    }

    /// Makes a pipe hold `bytes`. It keeps its size when the kernel refuses (fcntl(2), `F_SETPIPE_SZ`).
    public func widenPipe(to bytes: Int32) { _ = fcntl(number, Self.setPipeSize, bytes) }

    /// Sets the permissions of the open file. For a pipe they decide who can open it again through `/proc/self/fd`.
    public func setMode(_ mode: UInt32) throws(SystemError) {
        try checked("fchmod") { fchmod(number, mode) }
    }

    /// Returns a duplicate with a number of at least `least`, close-on-exec.
    public func duplicate(notBelow least: Int32 = 0) throws(SystemError) -> Descriptor {
        Descriptor(owning: try checked("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, least) })
    }

    /// Reads once.
    ///
    /// - Returns: the number of bytes, 0 at the end of the file, or nil when a non-blocking descriptor has no data.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
        do {
            return try checked("read") { Glibc.read(number, buffer.baseAddress, buffer.count) }
        } catch  where error.number == EAGAIN {
            return nil
        }
    }

    /// Reads once into `buffer` and returns as the other `read(into:)`. `buffer` keeps its size.
    public func read(into buffer: inout [UInt8]) throws(SystemError) -> Int? {
        try buffer.withUnsafeMutableBytes { bytes in capture { () throws(SystemError) in try read(into: bytes) } }.get()
    }

    /// Reads once.
    ///
    /// - Returns: the bytes, none at the end of the file; nil when a non-blocking descriptor has no data.
    public func read(atMost limit: Int) throws(SystemError) -> [UInt8]? {
        var outcome = Result<Int?, SystemError>.success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
            outcome = capture { () throws(SystemError) in try read(into: UnsafeMutableRawBufferPointer(buffer)) }
            filled = (try? outcome.get()) ?? 0
        }
        return try outcome.get() == nil ? nil : bytes
    }

    /// Writes once.
    ///
    /// - Returns: the number of bytes written, or nil when a non-blocking descriptor has no room.
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

    /// Moves bytes from this file to `target` inside the kernel (splice(2)). One of the two must be a pipe. It does not wait for
    /// a pipe, but reads a file from its disk.
    ///
    /// - Returns: the number of bytes, 0 at the end of the file, or nil when a pipe has no data or no room.
    public func move(atMost count: Int, to target: Descriptor) throws(SystemError) -> Int? {
        do throws(SystemError) {
            return try checked("splice") { outpost_splice(number, target.number, count) }
        } catch {
            guard error.number == EAGAIN else { throw error }
            return nil
        }
    }

    /// Whether a write would find room now. False for a closed descriptor. For a pipe the kernel answers without a lock
    /// (fs/pipe.c, `pipe_poll`).
    public var hasRoom: Bool {
        guard isOpen.load(ordering: .acquiring) else { return false }
        // A failed poll counts as "no room".
        return (try? poll([PollEntry(number, read: false, write: true)], milliseconds: 0))?.first?.isWritable ?? false
    }

    /// Whether a write of one byte would wait now, for example because a pipe is full (poll(2)).
    public var isFull: Bool {
        var request = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, 0) == 0
    }

    /// Writes all bytes. The descriptor must be a blocking one.
    public func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try write(rest) ?? 0) }
    }
}

extension Descriptor {
    /// Makes the file's content and size durable (fsync(2)).
    public func sync() throws(SystemError) { try checked("fsync") { fsync(number) } }

    /// Sets the offset of the next read, in bytes.
    public func seek(to offset: UInt64) throws(SystemError) {
        // No file is larger than the largest offset, so a clamped offset is at or after its end.
        try checked("lseek") { lseek(number, off_t(clamping: offset), Int32(SEEK_SET)) }
    }

    /// Sets the file's size to `size` bytes (ftruncate(2)).
    public func cut(to size: Int) throws(SystemError) { try checked("ftruncate") { ftruncate(number, off_t(size)) } }

    /// The inode number of the open file.
    public func inode() throws(SystemError) -> UInt64 {
        var status = stat()
        try checked("fstat") { fstat(number, &status) }
        return UInt64(status.st_ino)
    }

    /// The number of the device with the file (stat(2)).
    public func device() throws(SystemError) -> UInt64 {
        var status = stat()
        try checked("fstat") { fstat(number, &status) }
        return UInt64(status.st_dev)
    }
}
