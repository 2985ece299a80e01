// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Gives a program its standard input, at the speed at which it reads.
///
/// Only the first part is written at once, before the program reads. The kernel holds a pipe's lock while it copies to a
/// reader, whose memory may have to come from a disk, so what follows is for another thread.
@Reactor
final class InputFeed {
    private let pipe: Descriptor
    private let threads: BlockingPool
    private var rest: ArraySlice<UInt8>
    private var watch: Reactor.Watch?
    /// Whether another thread has the pipe.
    private var isWriting = false
    private var isClosed = false

    /// Takes over the write end; it is closed when all is written or nobody reads any more.
    ///
    /// - Parameter threads: for what may wait for programs of this sandbox's namespace.
    init(_ pipe: Descriptor, _ bytes: [UInt8], threads: BlockingPool) throws(SystemError) {
        self.pipe = pipe
        self.threads = threads
        rest = Self.write(bytes[...], to: pipe)
        if rest.isEmpty {
            isClosed = true
            pipe.closeNow()
        } else {
            try waitForRoom()
        }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        if let watch { Reactor.end(watch) }
        watch = nil
        if !isWriting { end() }
    }

    private func end() {
        isClosed = true
        rest = []
        threads.submit { [pipe] in pipe.closeNow() }
    }

    private func waitForRoom() throws(SystemError) {
        watch = try Reactor.watch(pipe, for: .write) { [weak self] in self?.writeMore() }
    }

    private func writeMore() {
        if let watch { Reactor.end(watch) }
        watch = nil
        isWriting = true
        threads.submit { [self, pipe, rest] in
            let rest = Self.write(rest, to: pipe)
            Reactor.perform { self.wrote(rest) }
        }
    }

    private func wrote(_ rest: ArraySlice<UInt8>) {
        isWriting = false
        self.rest = rest
        guard !isClosed, !rest.isEmpty else { return end() }
        do throws(SystemError) {
            try waitForRoom()
        } catch {
            // Nobody would say when a pipe has room that cannot be watched.
            end()
        }
    }

    /// - Returns: what found no room; nothing when the program closed its standard input or ended, since the rest is nobody's.
    private nonisolated static func write(_ bytes: ArraySlice<UInt8>, to pipe: Descriptor) -> ArraySlice<UInt8> {
        var rest = bytes
        while !rest.isEmpty {
            do throws(SystemError) {
                guard let written = try pipe.write(rest) else { return rest }
                rest = rest.dropFirst(written)
            } catch {
                return []
            }
        }
        return rest
    }
}
