// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Gives a program its standard input, at the speed at which it reads.
///
/// Only the first part is written at once, before the program reads. The kernel holds a pipe's lock while it copies to a
/// reader, whose memory may have to come from a disk, so what follows is for another thread.
@Reactor
final class InputFeed: ProcessInput {
    private let pipe: Descriptor
    private let threads: BlockingPool
    private var rest: ArraySlice<UInt8>
    /// What came while another thread had the pipe.
    private var more: [UInt8] = []
    private var watch: Reactor.Watch?
    /// Whether another thread has the pipe.
    private var isWriting = false
    /// Whether more may come.
    private var isOpen: Bool
    private var isClosed = false

    /// Takes over the write end; it is closed when all is written or nobody reads any more.
    ///
    /// - Parameters:
    ///   - isOpen: whether more may come.
    ///   - threads: for what may wait for programs of this sandbox's namespace.
    init(_ pipe: Descriptor, _ bytes: [UInt8], isOpen: Bool = false, threads: BlockingPool) throws(SystemError) {
        self.pipe = pipe
        self.isOpen = isOpen
        self.threads = threads
        let left = Self.write(bytes[...], to: pipe)
        rest = left ?? []
        if left == nil || (rest.isEmpty && !isOpen) {
            isClosed = true
            pipe.closeNow()
        } else if !rest.isEmpty {
            try waitForRoom()
        }
    }

    func append(_ bytes: [UInt8]) {
        guard !isClosed, isOpen, !bytes.isEmpty else { return }
        more += bytes
        writeMore()
    }

    func finish() {
        guard isOpen else { return }
        isOpen = false
        if !isClosed, !isWriting, rest.isEmpty, more.isEmpty { end() }
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
        more = []
        threads.submit { [pipe] in pipe.closeNow() }
    }

    private func waitForRoom() throws(SystemError) {
        watch = try Reactor.watch(pipe, for: .write) { [weak self] in self?.writeMore() }
    }

    private func writeMore() {
        guard !isWriting else { return }
        if let watch { Reactor.end(watch) }
        watch = nil
        isWriting = true
        rest += more
        more = []
        threads.submit { [self, pipe, rest] in
            let rest = Self.write(rest, to: pipe)
            Reactor.perform { self.wrote(rest) }
        }
    }

    private func wrote(_ left: ArraySlice<UInt8>?) {
        isWriting = false
        guard !isClosed, let left else { return end() }
        rest = left
        guard !rest.isEmpty else {
            if !more.isEmpty { return writeMore() }
            if !isOpen { end() }
            return
        }
        do throws(SystemError) {
            try waitForRoom()
        } catch {
            // Nobody would say when a pipe has room that cannot be watched.
            end()
        }
    }

    /// - Returns: what found no room; nil when the program closed its standard input or ended, since the rest is nobody's.
    private nonisolated static func write(_ bytes: ArraySlice<UInt8>, to pipe: Descriptor) -> ArraySlice<UInt8>? {
        var rest = bytes
        while !rest.isEmpty {
            do throws(SystemError) {
                guard let written = try pipe.write(rest) else { return rest }
                rest = rest.dropFirst(written)
            } catch {
                return nil
            }
        }
        return rest
    }
}
