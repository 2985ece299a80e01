// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Takes what a program writes to one stream, as long as its listener takes it.
///
/// While a program may write it reads on another thread. The kernel holds a pipe's lock while it copies what
/// is written, and may have to fetch the program's memory from a disk meanwhile (fs/pipe.c, `anon_pipe_write`): a read that
/// does not wait for bytes still waits for that lock. It looks away for some moments before it reads, unless the pipe is
/// full or somebody reads along: most programs have ended by then, and one of ten million small writes is a few reads.
@Reactor
final class OutputReader: ProcessOutput {
    private enum State {
        case idle
        case watching(Reactor.Watch)
        /// There is something to read, and more may come in a moment.
        case pausing(Reactor.Timer, nanoseconds: UInt64)
        /// Another thread has the pipe.
        case reading
        /// The listener has had enough.
        case stopped
        /// Another reads it to its end, and says what came.
        case handedOver
        case ended
    }

    private let pipe: Descriptor
    /// The program's end, to see whether the pipe is full.
    private let writeEnd: Descriptor
    private let threads: BlockingPool
    private var state = State.idle
    /// Whether it ends as soon as the other thread gives the pipe back.
    private var isAbandoned = false
    /// Whether the last read was of a program that writes much.
    private var isBusy = false
    private var waiter: CheckedContinuation<Void, Never>?
    var listener: (@Reactor ([UInt8]) -> Bool)?
    var isFollowed = false
    var isAwaited = false

    /// - Parameter threads: for what may wait for programs of this sandbox's namespace.
    init(
        _ pipe: (read: Descriptor, write: Descriptor), threads: BlockingPool
    ) throws(SystemError) {
        self.pipe = pipe.read
        writeEnd = pipe.write
        self.threads = threads
        try watch()
    }

    /// What is there is read at once when no process is left that could hold the pipe's lock.
    func waitForEnd(isAlone: Bool) async {
        if stopWatching() {
            if isAlone { took(OutputPart(from: pipe)) } else { read() }
        }
        if case .ended = state { return }
        await withCheckedContinuation { waiter = $0 }
    }

    func abandon() {
        isAbandoned = true
        if stopWatching() || isStopped { return end() }
        // Who has the pipe closes it.
        resumeWaiter()
    }

    /// Leaves the reading to another, who calls `took` with each part until the last.
    ///
    /// - Returns: both ends of the pipe; nil when it is being read or has ended.
    func handOver() -> (read: Descriptor, write: Descriptor)? {
        guard stopWatching() else { return nil }
        state = .handedOver
        return (pipe, writeEnd)
    }

    private func watch() throws(SystemError) {
        state = .watching(try Reactor.watch(pipe, for: .read) { [weak self] in self?.becameReadable() })
    }

    /// - Returns: whether the pipe is here, and not with another thread or closed.
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
        if isBusy || isAwaited || waiter != nil { read() } else { pause(Self.shortestPause) }
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
        threads.submit { [self, pipe] in
            let part = OutputPart(from: pipe)
            Reactor.perform { self.took(part) }
        }
    }

    func took(_ part: OutputPart) {
        let isHandedOver = if case .handedOver = state { true } else { false }
        state = .idle
        let takesMore = part.bytes.isEmpty ? true : listener?(part.bytes) ?? true
        isBusy = part.bytes.count >= Self.smallAmount
        guard !isAbandoned || isHandedOver, !part.isLast else { return end() }
        if isHandedOver { return state = .handedOver }
        guard takesMore else { return state = .stopped }
        goOn()
    }

    var isStopped: Bool { if case .stopped = state { true } else { false } }

    func resume() {
        guard isStopped else { return }
        state = .idle
        goOn()
    }

    private func goOn() {
        do throws(SystemError) {
            try watch()
        } catch {
            // What cannot be watched would never end.
            end()
        }
    }

    private func end() {
        state = .ended
        // Without a writer nobody has the lock that the close takes.
        if isAbandoned { threads.submit { [pipe] in pipe.closeNow() } } else { pipe.closeNow() }
        resumeWaiter()
    }

    private func resumeWaiter() {
        waiter?.resume()
        waiter = nil
    }

    /// Less than this at one time is a program that writes in small parts; the pipe holds 64 times as much.
    private static let smallAmount = 1024
    private static let shortestPause: UInt64 = 1_000_000
    private static let longestPause: UInt64 = 8_000_000
}
