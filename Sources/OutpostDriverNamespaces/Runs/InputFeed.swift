// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Writes the stdin of a program to its pipe, as fast as the program reads.
///
/// Only the first part is written at once, before the program reads. The kernel holds the pipe's lock while it copies
/// to a reader, and the reader's memory may have to be read from a disk. Therefore another thread writes the rest.
@Reactor
final class InputFeed: ProcessInput {
    private let pipe: Descriptor
    private let threads: BlockingPool
    private var rest: ArraySlice<UInt8>
    /// The input that arrived while another thread was writing.
    private var more: [UInt8] = []
    private var watch: Reactor.Watch?
    /// Whether another thread is writing to the pipe.
    private var isWriting = false
    /// Whether more input may follow.
    private var isOpen: Bool
    private var isClosed = false
    /// Wait until all input is written.
    private var onTaken: [@Reactor () -> Void] = []

    /// Takes ownership of the write end. It is closed after the last byte, or when nobody reads any more.
    ///
    /// - Parameters:
    ///   - isOpen: whether more input may follow.
    ///   - threads: run the calls that may wait for programs of this namespace.
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

    func whenTaken(_ action: @escaping @Reactor () -> Void) {
        onTaken.append(action)
        tellTaken()
    }

    private func tellTaken() {
        guard isClosed || (!isWriting && rest.isEmpty && more.isEmpty) else { return }
        let actions = onTaken
        onTaken = []
        for action in actions { action() }
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
        if !isWriting { end() } else { tellTaken() }
    }

    private func end() {
        isClosed = true
        rest = []
        more = []
        tellTaken()
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
            if isOpen { tellTaken() } else { end() }
            return
        }
        do throws(SystemError) {
            try waitForRoom()
        } catch {
            // If the pipe cannot be watched, nothing reports free space in it.
            end()
        }
    }

    /// Writes as much as the pipe accepts.
    ///
    /// - Returns: the rest. Nil when the program has closed its stdin or ended.
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
