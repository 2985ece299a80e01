// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Takes what a program writes to one stream: keeps the first bytes, counts the rest. It never stops reading, so a
/// program that writes without end is bounded by its time and not stuck on a full pipe.
@Reactor
final class OutputCapture {
    private let pipe: Descriptor
    private let limit: Int
    private var watch: Reactor.Watch?
    private var waiter: CheckedContinuation<Void, Never>?
    private(set) var output = CapturedOutput()

    init(_ pipe: Descriptor, limit: Int) throws(SystemError) {
        self.pipe = pipe
        self.limit = limit
        watch = try Reactor.watch(pipe, for: .read) { [weak self] in self?.read() }
    }

    /// Returns when every process that could write is gone and all that was written has been taken.
    func waitForEnd() async {
        read()
        guard watch != nil else { return }
        await withCheckedContinuation { waiter = $0 }
    }

    /// Stops without waiting for the end.
    func abandon() { finish() }

    private func read() {
        // Bounded for the other sandboxes' sake; what is left wakes the reactor again.
        for _ in 0..<16 {
            guard watch != nil else { return }
            do throws(SystemError) {
                guard let count = try pipe.read(into: &Self.buffer) else { return }
                guard count > 0 else { return finish() }
                keep(count)
            } catch {
                // A pipe that cannot be read has ended too.
                return finish()
            }
        }
    }

    private func keep(_ count: Int) {
        let room = limit - output.bytes.count
        if room > 0 { output.bytes += Self.buffer[..<min(room, count)] }
        output.total += count
    }

    private func finish() {
        if let watch { Reactor.end(watch) }
        watch = nil
        pipe.closeNow()
        waiter?.resume()
        waiter = nil
    }

    /// One for all streams: it is used only between two waits of the one thread.
    private static var buffer = [UInt8](repeating: 0, count: 65_536)
}
