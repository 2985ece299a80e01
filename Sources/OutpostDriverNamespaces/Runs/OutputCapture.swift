// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Takes what a program writes to one stream: keeps the first bytes, counts the rest. It never stops reading, so a
/// program that writes without end is bounded by its time and not stuck on a full pipe.
///
/// After a small write it looks away for a moment, so that a program of ten million writes is one of a few thousand reads:
/// the reactor is everybody's.
@Reactor
final class OutputCapture {
    private let pipe: Descriptor
    /// How many bytes are kept; none before the program starts.
    var limit = 0
    private var watch: Reactor.Watch?
    private var pause: Reactor.Timer?
    private var isEnded = false
    private var waiter: CheckedContinuation<Void, Never>?
    /// Keeps it instead, where others can read it meanwhile.
    var live: (output: LiveOutput, stream: LiveOutput.Stream)?
    private var own = CapturedOutput()

    /// What is kept, and how much there was.
    var output: CapturedOutput { live.map { $0.output.output($0.stream) } ?? own }

    private var total = 0

    init(_ pipe: Descriptor) throws(SystemError) {
        self.pipe = pipe
        try startWatching()
    }

    private func startWatching() throws(SystemError) {
        watch = try Reactor.watch(pipe, for: .read) { [weak self] in self?.becameReadable() }
    }

    /// Returns when every process that could write is gone and all that was written has been taken.
    func waitForEnd() async {
        endPause()
        _ = read()
        guard !isEnded else { return }
        await withCheckedContinuation { waiter = $0 }
    }

    /// Stops without waiting for the end.
    func abandon() { finish() }

    private func becameReadable() {
        guard read() < Self.smallAmount, !isEnded, waiter == nil, let watch else { return }
        Reactor.end(watch)
        self.watch = nil
        pause = Reactor.schedule(afterNanoseconds: Self.pauseNanoseconds) { [weak self] in self?.endPause() }
    }

    private func endPause() {
        guard let pause else { return }
        Reactor.cancel(pause)
        self.pause = nil
        do throws(SystemError) {
            try startWatching()
        } catch {
            // What cannot be watched would never end.
            finish()
        }
    }

    /// Takes what is there, but no more than is fair to the other sandboxes; what is left wakes the reactor again.
    ///
    /// - Returns: how many bytes were taken.
    private func read() -> Int {
        let before = total
        for _ in 0..<16 {
            guard !isEnded else { break }
            do throws(SystemError) {
                guard let count = try pipe.read(into: &Self.buffer) else { break }
                if count == 0 { finish() } else { keep(count) }
            } catch {
                // A pipe that cannot be read has ended too.
                finish()
            }
        }
        return total - before
    }

    private func keep(_ count: Int) {
        total += count
        if let live { return live.output.append(Self.buffer[..<count], to: live.stream, limit: limit) }
        let room = limit - own.bytes.count
        if room > 0 { own.bytes += Self.buffer[..<min(room, count)] }
        own.total += count
    }

    private func finish() {
        isEnded = true
        if let watch { Reactor.end(watch) }
        watch = nil
        if let pause { Reactor.cancel(pause) }
        pause = nil
        pipe.closeNow()
        waiter?.resume()
        waiter = nil
    }

    /// Less than this at one time is a program that writes in small parts; the pipe holds 64 times as much.
    private static let smallAmount = 1024
    private static let pauseNanoseconds: UInt64 = 1_000_000

    /// One for all streams: it is used only between two waits of the one thread.
    private static var buffer = [UInt8](repeating: 0, count: 65_536)
}
