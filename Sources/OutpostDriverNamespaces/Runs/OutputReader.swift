// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Reads one output stream of a program, as long as its listener accepts more.
///
/// While the program may write, another thread reads. The kernel holds the pipe's lock while it copies a write, and may
/// have to read the program's memory from a disk (fs/pipe.c, `anon_pipe_write`). Even a non-blocking read waits for
/// that lock.
///
/// Before it reads, it waits for some milliseconds, except when the pipe is full or a client follows the output. Most
/// programs have ended by then, and ten million small writes need only a few reads. When a client follows, it waits only
/// after a read that was less than a millisecond ago.
@Reactor
final class OutputReader: ProcessOutput {
    private enum State {
        case idle
        case watching(Reactor.Watch)
        /// The pipe has data, and more may follow in a moment.
        case pausing(Reactor.Timer, nanoseconds: UInt64)
        /// Another thread is reading.
        case reading
        /// The listener has stopped the stream.
        case stopped
        /// Another object reads the pipe to its end and reports its parts to `took`.
        case handedOver
        case ended
    }

    private let pipe: Descriptor
    /// The program's end. It shows whether the pipe is full.
    private let writeEnd: Descriptor
    private let threads: BlockingPool
    private var state = State.idle
    /// Whether the stream ends as soon as the other thread has finished its read.
    private var isAbandoned = false
    /// Whether no process is left that could hold the pipe's lock.
    private var isAlone = false
    /// When the last read ended, by the monotonic clock in nanoseconds.
    private var lastRead: UInt64 = 0
    /// The bytes of the last read.
    private var lastCount = 0
    private var isBusy: Bool { lastCount >= Self.smallAmount }
    /// Whether the last read had so many bytes that more come while the next read waits a moment.
    private var isFast: Bool { lastCount >= Self.largeAmount }
    /// Whether the pipe has been made larger, because the program filled it. It then needs fewer reads.
    private var isWide = false
    /// The number of larger pipes of this process. The kernel counts all pages of them for the server's user. Beyond
    /// `fs.pipe-user-pages-soft`, by default 16,384, new pipes of the server hold 8 KiB only (pipe(7)).
    private static var widePipes = 0
    private var waiter: CheckedContinuation<Void, Never>?
    var listener: (@Reactor ([UInt8]) -> Bool)?
    var isFollowed = false
    var isAwaited = false

    /// Starts to watch the pipe.
    ///
    /// - Parameter threads: run the calls that may wait for programs of this namespace.
    init(
        _ pipe: (read: Descriptor, write: Descriptor), threads: BlockingPool
    ) throws(SystemError) {
        self.pipe = pipe.read
        writeEnd = pipe.write
        self.threads = threads
        try watch()
    }

    /// Reads the rest and waits for the end. If no process is left that could hold the pipe's lock, it reads on this
    /// thread.
    func waitForEnd(isAlone: Bool) async {
        self.isAlone = isAlone
        if stopWatching() {
            if isAlone { took(OutputPart(from: pipe)) } else { read() }
        }
        if case .ended = state { return }
        await withCheckedContinuation { waiter = $0 }
    }

    func abandon() {
        isAbandoned = true
        if stopWatching() || isStopped { return end() }
        // The thread that is reading closes the pipe.
        resumeWaiter()
    }

    /// Lets another object read the pipe. It must call `took` with each part, until the last one.
    ///
    /// - Returns: both ends of the pipe. Nil when a read is in progress or the stream has ended.
    func handOver() -> (read: Descriptor, write: Descriptor)? {
        guard stopWatching() else { return nil }
        state = .handedOver
        return (pipe, writeEnd)
    }

    private func watch() throws(SystemError) {
        state = .watching(try Reactor.watch(pipe, for: .read) { [weak self] in self?.becameReadable() })
    }

    /// Stops watching the pipe.
    ///
    /// - Returns: whether this object may read now: no other thread is reading and the stream is open.
    private func stopWatching() -> Bool {
        switch state {
        case .watching(let watch): Reactor.end(watch)
        case .pausing(let timer, _): Reactor.cancel(timer)
        case .idle: break
        case .reading, .stopped, .handedOver, .ended: return false
        }
        state = .idle
        return true
    }

    private func becameReadable() {
        guard stopWatching() else { return }
        let isRested = isFollowed && monotonicNanoseconds() - lastRead >= Self.shortestPause
        if isBusy || isAwaited || isRested || waiter != nil { read() } else { pause(Self.shortestPause) }
    }

    private func pause(_ nanoseconds: UInt64) {
        let timer = Reactor.schedule(afterNanoseconds: nanoseconds) { [weak self] in self?.endPause() }
        state = .pausing(timer, nanoseconds: nanoseconds)
    }

    private func endPause() {
        guard case .pausing(_, let nanoseconds) = state else { return }
        if isFollowed || nanoseconds >= Self.longestPause || !writeEnd.hasRoom {
            read()
        } else {
            pause(nanoseconds * 2)
        }
    }

    private func read() {
        state = .reading
        let room = isWide ? Self.wideBytes : OutputPart.pipeBytes
        let pauses = isFast && !isAwaited
        let mayWiden = !isWide && Self.widePipes < Self.mostWidePipes
        threads.submit { [self, pipe] in
            let part = OutputPart(from: pipe, room: room, pauses: pauses)
            let widens = mayWiden && part.bytes.count == room && !part.isLast
            // This needs the pipe's lock too.
            if widens { pipe.widenPipe(to: Int32(Self.wideBytes)) }
            Reactor.perform {
                if widens { self.countWide() }
                self.took(part)
            }
        }
    }

    private func countWide() {
        isWide = true
        Self.widePipes += 1
    }

    /// Delivers a part, and continues or ends the stream.
    func took(_ part: OutputPart) {
        let isHandedOver = if case .handedOver = state { true } else { false }
        state = .idle
        let takesMore = part.bytes.isEmpty ? true : listener?(part.bytes) ?? true
        lastCount = part.bytes.count
        lastRead = monotonicNanoseconds()
        guard !isAbandoned || isHandedOver, !part.isLast else { return end() }
        if isHandedOver { return state = .handedOver }
        guard takesMore else { return state = .stopped }
        proceed()
    }

    var isStopped: Bool { if case .stopped = state { true } else { false } }

    func resume() {
        guard isStopped else { return }
        state = .idle
        proceed()
    }

    private func proceed() {
        do throws(SystemError) {
            try watch()
        } catch {
            // A pipe that cannot be watched would never end.
            end()
        }
    }

    private func end() {
        state = .ended
        if isWide { Self.widePipes -= 1 }
        // The close needs the pipe's lock. At the end of the output there is no writer, but a process can become one again: it
        // can open the pipe in /proc.
        if isAlone, !isAbandoned { pipe.closeNow() } else { threads.submit { [pipe] in pipe.closeNow() } }
        resumeWaiter()
    }

    private func resumeWaiter() {
        waiter?.resume()
        waiter = nil
    }

    /// Bytes in one round below which a program counts as writing small parts. The pipe holds 64 times as many.
    private static let smallAmount = 1024
    /// Bytes in one round from which a program counts as writing fast.
    private static let largeAmount = 32 << 10
    private nonisolated static let wideBytes = 256 << 10
    /// With 48 pages more each, an eighth of what the kernel allows.
    private static let mostWidePipes = 40
    /// Nanoseconds.
    private static let shortestPause: UInt64 = 1_000_000
    private static let longestPause: UInt64 = 8_000_000
}
